/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SysTick and sleep. Counts, never durations: two machines are not equally fast. */
#include "torture.h"

static volatile uint32_t ticks;

static uint32_t tick(struct frame *frame, uint32_t exc_return)
{
    (void)frame;
    if (++ticks == 3)
        SYST_CSR = 0;
    return exc_return;
}

static void ticking(uint32_t period)
{
    ticks = 0;
    SYST_RVR = period - 1;
    SYST_CVR = 0;
    SYST_CSR = 7;
}

static void systick(void)
{
    handlers[SYSTICK] = tick;
    ticking(5000);
    while (ticks < 3)
        ;
    hex(ticks);
    hex(SYST_CSR & 7);
    hex(SYST_RVR);
}

static void polled(void)
{
    uint32_t seen = 0;

    SYST_RVR = 4999;
    SYST_CVR = 0;
    SYST_CSR = 5;
    while (seen < 3)
        if (SYST_CSR & 0x10000)
            seen++;
    SYST_CSR = 0;
    hex(seen);
    MSR("primask", 1);
    ICSR = 1UL << 26; /* PENDSTSET */
    hex(ICSR >> 26 & 1);
    ICSR = 1UL << 25;
    hex(ICSR >> 26 & 1);
    MSR("primask", 0);
}

static void asleep(void)
{
    handlers[SYSTICK] = tick;
    ticking(50000);
    while (ticks < 3)
        __asm__ volatile("dsb\n\twfi" ::: "memory");
    hex(ticks);
}

static void asleep_masked(void)
{
    uint32_t turns = 0;

    handlers[SYSTICK] = tick;
    ticking(50000);
    while (ticks < 3) {
        __asm__ volatile("cpsid i\n\twfi\n\tcpsie i\n\tisb" ::: "memory");
        turns++;
    }
    hex(ticks);
    hex(turns);
}

static uint32_t last_tick_stays(struct frame *frame, uint32_t exc_return)
{
    (void)frame;
    if (++ticks == 3) {
        SYST_CSR = 0;
        SCR = 0;
    }
    return exc_return;
}

static void sleep_on_exit(void)
{
    handlers[SYSTICK] = last_tick_stays;
    SCR = 2;
    ticking(50000);
    __asm__ volatile("dsb\n\twfi" ::: "memory");
    hex(ticks);
}

static void events(void)
{
    __asm__ volatile("sev\n\twfe" ::: "memory");
    say("passed");
    handlers[SVCALL] = leave;
    __asm__ volatile("svc #0\n\twfe" ::: "memory");
    say("passed");
    SCR = 0x10; /* SEVONPEND */
    NVIC_ISPR = 8;
    BARRIER();
    __asm__ volatile("wfe" ::: "memory");
    say("passed");
    hex(NVIC_ISPR & 8);
}

const struct section times[] = {
    {"systick", systick},
    {"systick polled", polled},
    {"asleep", asleep},
    {"asleep with interrupts masked", asleep_masked},
    {"sleep on exit", sleep_on_exit},
    {"events", events},
    {0, 0},
};
