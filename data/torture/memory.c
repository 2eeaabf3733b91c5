/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bits as words, and the exclusive monitor. */
#include "torture.h"

static uint32_t word[2];

static volatile uint32_t *bit_of(volatile void *byte, uint32_t bit)
{
    uint32_t at = (uint32_t)byte;

    return (volatile uint32_t *)((at & 0xF0000000) + 0x02000000 + (at & 0xFFFFF) * 32 + bit * 4);
}

static void bits(void)
{
    word[0] = 0x80;
    hex(*bit_of(word, 7));
    hex(*bit_of(word, 6));
    *bit_of(word, 0) = 0xFFFFFFFF;
    *bit_of(word, 31) = 1;
    *bit_of(word, 7) = 0xFFFFFFFE;
    hex(word[0]);
    *bit_of(word + 1, 9) = 1;
    hex(word[1]);
    *(volatile uint8_t *)bit_of(word + 1, 3) = 1;
    hex(word[1]);
    hex(*(volatile uint16_t *)bit_of(word + 1, 3));
}

static uint32_t load_exclusive(uint32_t *at)
{
    uint32_t value;

    __asm__ volatile("ldrex %0, [%1]" : "=r"(value) : "r"(at) : "memory");
    return value;
}

static uint32_t store_exclusive(uint32_t *at, uint32_t value)
{
    uint32_t failed;

    __asm__ volatile("strex %0, %1, [%2]" : "=&r"(failed) : "r"(value), "r"(at) : "memory");
    return failed;
}

static void exclusive(void)
{
    word[0] = 1;
    hex(load_exclusive(word));
    hex(store_exclusive(word, 2));
    hex(word[0]);
    hex(store_exclusive(word, 3));
    hex(word[0]);
    load_exclusive(word);
    __asm__ volatile("clrex" ::: "memory");
    hex(store_exclusive(word, 4));
    hex(word[0]);
}

static void exclusive_and_exceptions(void)
{
    handlers[SVCALL] = leave;
    word[0] = 1;
    load_exclusive(word);
    __asm__ volatile("svc #0" ::: "memory");
    hex(store_exclusive(word, 2));
    hex(word[0]);
}

static void exclusive_bytes(void)
{
    uint32_t value, failed;

    word[0] = 0x11223344;
    __asm__ volatile("ldrexb %0, [%2]\n\tstrexb %1, %3, [%2]"
                     : "=&r"(value), "=&r"(failed) : "r"(word), "r"(0x55) : "memory");
    hex(value);
    hex(failed);
    __asm__ volatile("ldrexh %0, [%2]\n\tstrexh %1, %3, [%2]"
                     : "=&r"(value), "=&r"(failed) : "r"(word), "r"(0x6677) : "memory");
    hex(value);
    hex(failed);
    hex(word[0]);
}

/* Code in memory that is written, run, and written again. */
static void code_that_changes(void)
{
    static uint16_t code[4] __attribute__((aligned(4)));
    uint32_t (*run)(void) = (uint32_t (*)(void))((uint32_t)code | 1);

    for (uint32_t n = 1; n < 4; n++) {
        code[0] = 0x2000 | n; /* movs r0, #n */
        code[1] = 0x4770;     /* bx lr */
        BARRIER();
        hex(run());
    }
}

static void saturation_and_flags(void)
{
    uint32_t result, flags;

    __asm__ volatile("mov r0, #0x7fffffff\n\tadds r0, #1\n\tmrs %0, apsr\n\t"
                     "ssat %1, #8, r0\n\tmrs r0, apsr\n\torr %0, %0, r0"
                     : "=&r"(flags), "=&r"(result)::"r0", "cc");
    hex(flags);
    hex(result);
    __asm__ volatile("mov r0, #0x80000000\n\tmov r1, #0x00010000\n\tsadd16 %0, r0, r1\n\t"
                     "mrs %1, apsr"
                     : "=&r"(result), "=&r"(flags)::"r0", "r1", "cc");
    hex(result);
    hex(flags & 0xF0000);
    __asm__ volatile("msr apsr_nzcvq, %0" ::"r"(0) : "cc");
}

const struct section memory[] = {
    {"bits of sram", bits},
    {"exclusive", exclusive},
    {"exclusive and exceptions", exclusive_and_exceptions},
    {"exclusive bytes", exclusive_bytes},
    {"code that changes", code_that_changes},
    {"saturation and flags", saturation_and_flags},
    {0, 0},
};
