/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A slow clock, which runs only while somebody wants it. */
#ifndef TICK_H
#define TICK_H

#include <stdint.h>

#define TICK_MS 10

enum tick_reason { TICK_FOR_LINUX = 1, TICK_FOR_APP = 2 };

void tick_want(enum tick_reason reason);
void tick_release(enum tick_reason reason);
void tick_stop(void);
uint32_t tick_uptime_ms(void); /* time spent ticking, not time since power-up */
void tick_handler(void);

#endif
