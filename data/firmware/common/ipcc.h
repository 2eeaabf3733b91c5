/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The doorbells between the two processors. */
#ifndef IPCC_H
#define IPCC_H

#include <stdint.h>

#include "cortex_m4.h"

#define IPCC_RX_IRQ 103 /* Linux rang */
#define IPCC_TX_IRQ 104 /* Linux took what we rang */

/* Channels, as Linux's device tree hands them out. Bits of an event, too. */
enum {
    CHANNEL_VRING0 = 0,
    CHANNEL_VRING1 = 1,
    CHANNEL_SHUTDOWN = 2,
    CHANNEL_DETACH = 3,
};

void ipcc_start(void);
void ipcc_stop(void);
void ipcc_ring(uint32_t channel);        /* soon, if Linux has yet to take the previous ring */
void ipcc_acknowledge(uint32_t channel); /* a request, once it is done */
void ipcc_rx_handler(void);
void ipcc_tx_handler(void);

#endif
