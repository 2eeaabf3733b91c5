/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * It dies as it is told to. The window watchdog is fed on every tick, so whatever stops the loop
 * is noticed; Linux gets the watchdog's interrupt and decides what to do.
 */
#include "app.h"
#include "cortex_m4.h"
#include "events.h"
#include "memory.h"
#include "tick.h"
#include "trace.h"

#define WWDG_CR REGISTER(0x4000A000)
#define WWDG_CFR REGISTER(0x4000A004)
#define WDGA BIT(7)
#define FULL 0x7FUL            /* it bites when the count falls from 0x40 to 0x3f */
#define SLOWEST (7UL << 11)    /* a step is 4096 * 128 cycles: 64 of them are half a second */
#define NOWHERE 0x60000000UL   /* no memory answers there */

static void feed(void)
{
    WWDG_CR = WDGA | FULL;
}

static void __attribute__((noinline)) read_nowhere(void)
{
    trace("about to read %x", NOWHERE);
    trace("read %x", REGISTER(NOWHERE));
}

static void __attribute__((noinline)) execute_nonsense(void)
{
    trace("about to execute an undefined instruction");
    __asm__ volatile("udf #0");
}

static void __attribute__((noinline)) hang(void)
{
    trace("about to stop feeding the watchdog");
    mask_interrupts();
    for (;;)
        ;
}

static const struct {
    const char *word;
    uint32_t length;
    void (*die)(void);
} deaths[] = {
    {"bus", 3, read_nowhere},
    {"usage", 5, execute_nonsense},
    {"watchdog", 8, hang},
};

static void hear(const struct rpmsg_endpoint *self, uint32_t from, const void *payload,
                 uint32_t length)
{
    for (uint32_t i = 0; i < sizeof deaths / sizeof deaths[0]; i++)
        if (length == deaths[i].length && memcmp(payload, deaths[i].word, length) == 0)
            deaths[i].die();
    rpmsg_send(self->address, from, payload, length); /* it lives: that is the answer */
}

static const struct rpmsg_endpoint victim = {.name = "rpmsg-raw", .address = 0x400, .hear = hear};

const struct rpmsg_endpoint *const app_endpoints[] = {&victim, 0};

void app_start(void)
{
    WWDG_CFR = SLOWEST | FULL;
    feed();
    tick_want(TICK_FOR_APP);
}

void app_turn(uint32_t events)
{
    if (events & EVENT_TICK)
        feed();
}
