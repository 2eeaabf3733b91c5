/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "events.h"

#include "cortex_m4.h"

static volatile uint32_t posted;

/* Handlers share one priority and never interrupt each other: no lock is needed among them. */
void events_post(uint32_t bits)
{
    posted |= bits;
}

void events_post_again(uint32_t bits)
{
    mask_interrupts();
    posted |= bits;
    unmask_interrupts();
}

/*
 * An interrupt between the look and the sleep must not be slept through. Masked, it stays pending:
 * WFI returns at once, and the handler runs at the unmasking.
 */
uint32_t events_wait(void)
{
    uint32_t bits;

    do {
        mask_interrupts();
        bits = posted;
        posted = 0;
        if (bits == 0)
            wait_for_interrupt();
        unmask_interrupts();
    } while (bits == 0);
    return bits;
}
