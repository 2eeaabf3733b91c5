/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The few words of the Cortex-M4 this firmware speaks (Armv7-M ARM, DDI 0403). */
#ifndef CORTEX_M4_H
#define CORTEX_M4_H

#include <stdint.h>

#define REGISTER(address) (*(volatile uint32_t *)(address))

#define BIT(n) (1UL << (n))

/* All stores before it are seen before any store after it: what the two cores' bargain rests on. */
static inline void memory_barrier(void)
{
    __asm__ volatile("dmb" ::: "memory");
}

/* Stores have arrived, not only been ordered: an interrupt flag we cleared is really low. */
static inline void finish_stores(void)
{
    __asm__ volatile("dsb" ::: "memory");
}

static inline void mask_interrupts(void)
{
    __asm__ volatile("cpsid i" ::: "memory");
}

static inline void unmask_interrupts(void)
{
    __asm__ volatile("cpsie i" ::: "memory");
}

/* Returns when an interrupt is pending, even while it is masked. */
static inline void wait_for_interrupt(void)
{
    __asm__ volatile("dsb\n\twfi" ::: "memory");
}

/* The number of the exception being handled; 0 outside of any. */
static inline uint32_t current_exception(void)
{
    uint32_t number;

    __asm__ volatile("mrs %0, ipsr" : "=r"(number));
    return number;
}

static inline void enable_irq(uint32_t number)
{
    REGISTER(0xE000E100 + number / 32 * 4) = BIT(number % 32); /* NVIC_ISERn */
}

/* For good: only a reset ends this. */
static inline _Noreturn void sleep_forever(void)
{
    for (;;)
        wait_for_interrupt();
}

#endif
