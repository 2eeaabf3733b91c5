/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Handlers post, main waits: bits 0 to 5 are IPCC channels that rang, bit 31 is a tick. */
#ifndef EVENTS_H
#define EVENTS_H

#include <stdint.h>

#define EVENT_TICK 0x80000000UL

void events_post(uint32_t bits);       /* from a handler */
void events_post_again(uint32_t bits); /* from main */
uint32_t events_wait(void); /* what was posted since the last time; sleeps while that is nothing */

#endif
