/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A slow clock, wanted only while there is something to poll for. */
#ifndef TICK_H
#define TICK_H

#include <stdint.h>

#define TICK_MS 10

void tick_start(void);
void tick_stop(void);
uint32_t tick_uptime_ms(void); /* time spent ticking, not time since power-up */
void tick_handler(void);

#endif
