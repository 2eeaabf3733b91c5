/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bug: a start-up that clears all memory it knows of, with the rings and buffers that Linux has
 * already laid there.
 */
#include "app.h"
#include "trace.h"

extern uint32_t __shared_start[], __shared_end[];

static void hear(const struct rpmsg_endpoint *self, uint32_t from, const void *payload,
                 uint32_t length)
{
    rpmsg_send(self->address, from, payload, length);
}

static const struct rpmsg_endpoint echo = {.name = "rpmsg-raw", .address = 0x400, .hear = hear};

const struct rpmsg_endpoint *const app_endpoints[] = {&echo, 0};

void app_start(void)
{
    for (volatile uint32_t *word = __shared_start; word < __shared_end; word++)
        *word = 0;
    trace("cleared %u bytes of shared memory", (uint32_t)__shared_end - (uint32_t)__shared_start);
}
