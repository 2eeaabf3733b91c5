/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one firmware adds to the loop that all of them share. */
#ifndef APP_H
#define APP_H

#include <stdint.h>

#include "rpmsg.h"

extern const struct rpmsg_endpoint *const app_endpoints[]; /* ends with a null pointer */

void app_start(void);            /* before Linux is waited for; need not be there */
void app_turn(uint32_t events);  /* each time something has happened; need not be there */

#endif
