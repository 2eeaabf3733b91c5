/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Linux reads the buffer whenever somebody looks, up to the first NUL, and cannot tell us that it
 * did. So the text is always whole, always terminated, and makes room by forgetting its older half.
 */
#include "trace.h"

#include <stdarg.h>
#include <stdint.h>

#include "memory.h"

__attribute__((aligned(16))) char cm4_log[TRACE_SIZE]; /* tidy in a dump */

static uint32_t length;

static void forget_older_half(void)
{
    uint32_t cut = length / 2;

    while (cut < length && cm4_log[cut - 1] != '\n')
        cut++;
    length -= cut;
    memmove(cm4_log, cm4_log + cut, length);
    memset(cm4_log + length, 0, TRACE_SIZE - length);
}

static void put(char c)
{
    if (length == TRACE_SIZE - 1)
        forget_older_half();
    cm4_log[length++] = c;
}

static void put_text(const char *text)
{
    while (*text)
        put(*text++);
}

static void put_number(uint32_t value, uint32_t base)
{
    char digits[10]; /* of the biggest, in tens */
    uint32_t n = 0;

    do
        digits[n++] = "0123456789abcdef"[value % base];
    while (value /= base);
    while (n)
        put(digits[--n]);
}

void trace(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    for (; *format; format++) {
        if (*format != '%') {
            put(*format);
            continue;
        }
        switch (*++format) {
        case 's':
            put_text(va_arg(args, const char *));
            break;
        case 'u':
            put_number(va_arg(args, uint32_t), 10);
            break;
        case 'x':
            put_text("0x");
            put_number(va_arg(args, uint32_t), 16);
            break;
        }
    }
    va_end(args);
    put('\n');
}
