/* SPDX-License-Identifier: GPL-2.0-or-later */
/* It says what time it is, ten times a second, and answers a request to stop. */
#include "cortex_m4.h"
#include "events.h"
#include "ipcc.h"
#include "tick.h"
#include "trace.h"

#define EVERY 10 /* ticks */

int main(void)
{
    uint32_t ticks = 0;

    trace("starting");
    ipcc_start();
    tick_want(TICK_FOR_APP);
    for (;;) {
        uint32_t events = events_wait();

        if (events & BIT(CHANNEL_SHUTDOWN)) {
            trace("stopped after %u ms", tick_uptime_ms());
            tick_stop();
            ipcc_acknowledge(CHANNEL_SHUTDOWN);
            sleep_forever();
        }
        if (events & EVENT_TICK && ++ticks % EVERY == 0)
            trace("%u ms", tick_uptime_ms());
    }
}
