/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FAULT_H
#define FAULT_H

void hard_fault_handler(void);
void bus_fault_handler(void);
void unexpected_handler(void);

#endif
