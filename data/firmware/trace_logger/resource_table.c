/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A log and nothing to talk with. */
#include <stddef.h>
#include <stdint.h>

#include "trace.h"

#define TYPE_TRACE 2

struct only_trace {
    uint32_t ver, num, reserved[2], offset[1];
    uint32_t type, da, len, zero;
    char name[32];
};

__attribute__((section(".resource_table"), used)) volatile struct only_trace trace_table = {
    .ver = 1,
    .num = 1,
    .offset = {offsetof(struct only_trace, type)},
    .type = TYPE_TRACE,
    .da = (uint32_t)cm4_log,
    .len = TRACE_SIZE,
    .name = "cm4_log",
};
