/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tick.h"

#include "cortex_m4.h"
#include "events.h"

#define SYST_CSR REGISTER(0xE000E010)
#define SYST_RVR REGISTER(0xE000E014)
#define SYST_CVR REGISTER(0xE000E018)

#define ENABLE BIT(0)
#define TICKINT BIT(1)
#define CORE_CLOCK BIT(2)

#define CLOCK_HZ 64000000UL /* HSI, out of reset; on a faster clock the ticks are merely shorter */

static volatile uint32_t ticks;
static uint32_t wanted;

void tick_want(enum tick_reason reason)
{
    if (wanted == 0) {
        SYST_RVR = CLOCK_HZ / 1000 * TICK_MS - 1;
        SYST_CVR = 0; /* any write clears it: the first tick is a whole one */
        SYST_CSR = ENABLE | TICKINT | CORE_CLOCK;
    }
    wanted |= reason;
}

void tick_release(enum tick_reason reason)
{
    wanted &= ~(uint32_t)reason;
    if (wanted == 0)
        SYST_CSR = 0;
}

void tick_stop(void)
{
    wanted = 0;
    SYST_CSR = 0;
}

uint32_t tick_uptime_ms(void)
{
    return ticks * TICK_MS;
}

/* Weak: an app may have something else to do at a tick. */
__attribute__((weak)) void tick_handler(void)
{
    ticks++;
    events_post(EVENT_TICK);
}
