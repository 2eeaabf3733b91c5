/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is said to it, it says back. */
#include "app.h"
#include "trace.h"

static void hear(const struct rpmsg_endpoint *self, uint32_t from, const void *payload,
                 uint32_t length)
{
    if (rpmsg_send(self->address, from, payload, length))
        trace("echo %u bytes to %x", length, from);
}

/* The name of a channel that Linux serves without a driver of ours: it shows as /dev/rpmsgN. */
static const struct rpmsg_endpoint echo = {
    .name = "rpmsg-raw",
    .address = 0x400, /* the first that rpmsg would hand out itself */
    .hear = hear,
};

const struct rpmsg_endpoint *const app_endpoints[] = {&echo, 0};
