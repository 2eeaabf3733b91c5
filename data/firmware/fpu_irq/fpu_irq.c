/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Floating point in the loop and in the interrupt at once. The core saves half of the registers by
 * itself (the extended frame), the compiler the other half where it uses them.
 */
#include <stdbool.h>

#include "app.h"
#include "cortex_m4.h"
#include "events.h"
#include "tick.h"
#include "trace.h"

#define CPACR REGISTER(0xE000ED88)
#define FULL_ACCESS (0xFUL << 20)
#define ROUNDS 1000

static volatile float heat; /* the interrupt's */
static volatile uint32_t interrupts;

/* A filter step, so that every register the interrupt may use is used. */
void tick_handler(void)
{
    float x = heat;

    for (uint32_t i = 0; i < 16; i++)
        x = x * 0.5f + (float)i;
    heat = x;
    interrupts++;
    events_post(EVENT_TICK);
}

/* Adds 1/2 + 1/4 + ...: exact in binary, so any disturbance shows. */
static bool sum_is_exact(void)
{
    for (uint32_t round = 0; round < ROUNDS; round++) {
        float sum = 0, part = 0.5f;

        for (uint32_t i = 0; i < 20; i++, part *= 0.5f)
            sum += part;
        if (sum != 1.0f - 1.0f / 1048576)
            return false;
    }
    return true;
}

static void hear(const struct rpmsg_endpoint *self, uint32_t from, const void *payload,
                 uint32_t length)
{
    uint32_t before = interrupts;
    bool exact = sum_is_exact();

    trace("%s, interrupted %u times", exact ? "exact" : "WRONG", interrupts - before);
    rpmsg_send(self->address, from, exact ? "exact" : "WRONG", 5);
    (void)payload, (void)length;
}

static const struct rpmsg_endpoint sums = {.name = "rpmsg-raw", .address = 0x400, .hear = hear};

const struct rpmsg_endpoint *const app_endpoints[] = {&sums, 0};

void app_start(void)
{
    tick_want(TICK_FOR_APP);
}
