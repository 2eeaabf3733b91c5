/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The usual table, and one word of configuration behind the vdev's rings. */
#ifndef TABLE_H
#define TABLE_H

#include "resource_table.h"

struct volume_table {
    struct resource_table usual;
    uint32_t coalesce; /* 0: a doorbell for each buffer; else: one when there is no more to do */
};

extern volatile struct volume_table table;

#endif
