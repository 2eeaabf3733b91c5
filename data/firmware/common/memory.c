/* SPDX-License-Identifier: GPL-2.0-or-later */
/* -fno-tree-loop-distribute-patterns keeps these loops from becoming calls to themselves. */
#include "memory.h"

#include <stdint.h>

void *memcpy(void *to, const void *from, size_t size)
{
    uint8_t *d = to;
    const uint8_t *s = from;

    while (size--)
        *d++ = *s++;
    return to;
}

void *memmove(void *to, const void *from, size_t size)
{
    uint8_t *d = to;
    const uint8_t *s = from;

    if (d <= s)
        return memcpy(to, from, size);
    while (size--)
        d[size] = s[size];
    return to;
}

void *memset(void *to, int value, size_t size)
{
    uint8_t *d = to;

    while (size--)
        *d++ = (uint8_t)value;
    return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const uint8_t *x = a, *y = b;

    for (; size--; x++, y++)
        if (*x != *y)
            return *x - *y;
    return 0;
}
