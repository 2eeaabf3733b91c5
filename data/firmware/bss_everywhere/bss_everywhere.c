/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that must be zero lies in four places: behind the code's data, in a segment of its own, in
 * RETRAM and at the very end of the SRAM. This firmware leaves the clearing to the loader, and
 * looks whether it was done.
 */
#include "app.h"
#include "trace.h"

__attribute__((section(".bss_own"))) static volatile uint32_t own[256];
__attribute__((section(".bss_retram"))) static volatile uint32_t retram[256];
__attribute__((section(".bss_last"))) static volatile uint32_t last[64];
static volatile uint32_t tail[64];

static void look(const char *where, volatile uint32_t *words, uint32_t count)
{
    uint32_t dirty = 0;

    for (uint32_t i = 0; i < count; i++)
        dirty += words[i] != 0;
    trace("%s: %u of %u words are not zero", where, dirty, count);
    for (uint32_t i = 0; i < count; i++)
        words[i] = 0xA5A5A5A5; /* so that a restart without a loader shows */
}

void app_start(void)
{
    look("tail of .data", tail, 64);
    look("a segment of its own", own, 256);
    look("RETRAM", retram, 256);
    look("the last bytes", last, 64);
}

static void hear(const struct rpmsg_endpoint *self, uint32_t from, const void *payload,
                 uint32_t length)
{
    rpmsg_send(self->address, from, payload, length);
}

static const struct rpmsg_endpoint echo = {.name = "rpmsg-raw", .address = 0x400, .hear = hear};

const struct rpmsg_endpoint *const app_endpoints[] = {&echo, 0};
