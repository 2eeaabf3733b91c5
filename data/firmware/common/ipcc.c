/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One flag per channel and direction. The sender sets it; the receiver clears it, which tells the
 * sender that the channel is free. The Cortex-M4 is processor 2 (RM0436, chapter IPCC).
 */
#include "ipcc.h"

#include "events.h"

#define IPCC 0x4C001000UL

#define C1TOC2SR REGISTER(IPCC + 0x0C) /* Linux rang, we have not taken it yet */
#define C2CR REGISTER(IPCC + 0x10)
#define C2MR REGISTER(IPCC + 0x14)     /* masks: 1 keeps a channel from interrupting us */
#define C2SCR REGISTER(IPCC + 0x18)    /* write only: ones take (low half) and ring (high half) */
#define C2TOC1SR REGISTER(IPCC + 0x1C) /* we rang, Linux has not taken it yet */

#define RXOIE BIT(0)
#define TXFIE BIT(16)

#define CHANNELS 0x3FUL
#define RX(channels) (channels)
#define TX(channels) ((channels) << 16)

#define KICKS (BIT(CHANNEL_VRING0) | BIT(CHANNEL_VRING1))
#define REQUESTS (BIT(CHANNEL_SHUTDOWN) | BIT(CHANNEL_DETACH))

static uint32_t owed; /* channels to ring as soon as they are free */

/* The IPCC outlives our reset: what it still shows was meant for the firmware before us. */
void ipcc_start(void)
{
    C2SCR = RX(CHANNELS);
    C2MR = TX(CHANNELS) | RX(CHANNELS & ~(KICKS | REQUESTS));
    C2CR = RXOIE | TXFIE;
    enable_irq(IPCC_RX_IRQ);
    enable_irq(IPCC_TX_IRQ);
}

void ipcc_stop(void)
{
    C2CR = 0;
}

/*
 * Ringing a channel that is still occupied would be lost if Linux, done with the rings already, is
 * just about to clear the flag. So it waits for the channel to be free, without making us wait.
 */
static void ring_what_is_owed(void)
{
    uint32_t free = owed & ~C2TOC1SR;

    C2SCR = TX(free);
    owed &= ~free;
    C2MR = (C2MR | TX(CHANNELS)) & ~TX(owed);
}

void ipcc_ring(uint32_t channel)
{
    memory_barrier(); /* who hears the bell must see what it was rung for */
    mask_interrupts();
    owed |= BIT(channel);
    ring_what_is_owed();
    unmask_interrupts();
}

void ipcc_tx_handler(void)
{
    ring_what_is_owed();
    finish_stores();
}

/*
 * A kick is taken at once, so that Linux can give the next one. A request stays occupied until it
 * is done, because Linux waits for that; only its interrupt is masked.
 */
void ipcc_rx_handler(void)
{
    uint32_t rang = C1TOC2SR & ~C2MR & CHANNELS;

    C2MR |= RX(rang & REQUESTS);
    C2SCR = RX(rang & KICKS);
    finish_stores();
    events_post(rang);
}

void ipcc_acknowledge(uint32_t channel)
{
    memory_barrier();
    mask_interrupts(); /* the handlers change C2MR, too */
    C2SCR = RX(BIT(channel));
    C2MR &= ~RX(BIT(channel));
    unmask_interrupts();
}
