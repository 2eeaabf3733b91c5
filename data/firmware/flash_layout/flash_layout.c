/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An echo whose greeting only comes out right if the start-up copied .data. */
#include "app.h"
#include "resource_table.h"
#include "trace.h"

static char greeting[16] = "data copied";

static void hear(const struct rpmsg_endpoint *self, uint32_t from, const void *payload,
                 uint32_t length)
{
    rpmsg_send(self->address, from, payload, length);
}

static const struct rpmsg_endpoint echo = {.name = "rpmsg-raw", .address = 0x400, .hear = hear};

const struct rpmsg_endpoint *const app_endpoints[] = {&echo, 0};

void app_start(void)
{
    trace("%s; the table's version is %u", greeting, resource_table.ver);
    greeting[0] = 'D'; /* it is data, not a constant */
}
