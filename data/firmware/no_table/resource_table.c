/* SPDX-License-Identifier: GPL-2.0-or-later */
/* There is none. */
#include <stdint.h>

extern const uint32_t no_table; /* a translation unit holds something */
