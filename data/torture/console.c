/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A line of words and numbers, printed through whoever listens: a debugger, or a machine like one. */
#include "torture.h"

static char line[512];
static uint32_t length;

static uint32_t call(uint32_t operation, const void *parameter)
{
    register uint32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = parameter;

    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

void semihosting_write0(const char *text)
{
    call(0x04, text);
}

_Noreturn void semihosting_exit(void)
{
    for (;;)
        call(0x18, (void *)0x20026);
}

static void put(char c)
{
    if (length < sizeof(line) - 2)
        line[length++] = c;
}

void say(const char *text)
{
    put(' ');
    while (*text)
        put(*text++);
}

void hex(uint32_t value)
{
    bool begun = false;

    put(' ');
    for (int shift = 28; shift >= 0; shift -= 4) {
        uint32_t digit = value >> shift & 0xF;

        begun |= digit != 0 || shift == 0;
        if (begun)
            put("0123456789abcdef"[digit]);
    }
}

void print_line(void);

void print_line(void)
{
    line[length] = '\n';
    line[length + 1] = 0;
    semihosting_write0(line);
    length = 0;
}
