/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two channels over one pair of rings; the address in each header says for whom it is. */
#include "app.h"
#include "memory.h"
#include "trace.h"

/* A terminal: what is typed comes back. Linux serves the name as a tty. */
static void type(const struct rpmsg_endpoint *self, uint32_t from, const void *payload,
                 uint32_t length)
{
    rpmsg_send(self->address, from, payload, length);
}

/* The other way round, so that nobody can take one answer for the other. */
static void reflect(const struct rpmsg_endpoint *self, uint32_t from, const void *payload,
                    uint32_t length)
{
    static uint8_t reversed[RPMSG_PAYLOAD_MAX];
    const uint8_t *bytes = payload;

    if (length == 3 && memcmp(payload, "bye", 3) == 0) {
        rpmsg_retract(self); /* Linux removes its channel; what it sends after that finds nobody */
        return;
    }
    for (uint32_t i = 0; i < length; i++)
        reversed[length - 1 - i] = bytes[i];
    if (rpmsg_send(self->address, from, reversed, length))
        trace("mirrored %u bytes to %x", length, from);
}

static const struct rpmsg_endpoint terminal = {
    .name = "rpmsg-tty", .address = 0x400, .hear = type};
static const struct rpmsg_endpoint mirror = {
    .name = "rpmsg-raw", .address = 0x401, .hear = reflect};

const struct rpmsg_endpoint *const app_endpoints[] = {&terminal, &mirror, 0};
