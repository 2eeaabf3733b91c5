/* SPDX-License-Identifier: GPL-2.0-or-later */
/* It counts in a word that a debugger, or Linux with /dev/mem, can watch. */
#include "cortex_m4.h"
#include "events.h"
#include "tick.h"

volatile uint32_t heartbeat;

int main(void)
{
    tick_want(TICK_FOR_APP);
    for (;;)
        if (events_wait() & EVENT_TICK)
            heartbeat++;
}
