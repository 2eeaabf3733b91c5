/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PRIMASK, BASEPRI and FAULTMASK. */
#include "torture.h"

static volatile uint32_t counter;

static uint32_t note(struct frame *frame, uint32_t exc_return)
{
    (void)frame;
    hex(MRS("ipsr"));
    hex(counter);
    return exc_return;
}

static void irqs(uint32_t mask)
{
    for (uint32_t irq = 0; irq < 32; irq++)
        if (mask >> irq & 1)
            handlers[IRQ0 + irq] = note;
    NVIC_ISER = mask;
    counter = 0;
    BARRIER();
}

static void primask(void)
{
    irqs(1);
    __asm__ volatile("cpsid i" ::: "memory");
    NVIC_ISPR = 1;
    BARRIER();
    counter = 1;
    hex(MRS("primask"));
    __asm__ volatile("cpsie i\n\tisb" ::: "memory");
    counter = 2;
    hex(MRS("primask"));
}

static void basepri(void)
{
    irqs(7);
    NVIC_IPR(0) = 0x20;
    NVIC_IPR(1) = 0x40;
    NVIC_IPR(2) = 0x60;
    MSR("basepri", 0x40);
    NVIC_ISPR = 7;
    BARRIER();
    counter = 1;
    MSR("basepri_max", 0x60); /* no weaker */
    hex(MRS("basepri"));
    MSR("basepri_max", 0x20);
    hex(MRS("basepri"));
    MSR("basepri", 0x60);
    counter = 2;
    MSR("basepri_max", 0);
    hex(MRS("basepri_max"));
    MSR("basepri", 0);
    hex(MRS("basepri"));
}

static uint32_t mask_all(struct frame *frame, uint32_t exc_return)
{
    (void)frame;
    __asm__ volatile("cpsid f" ::: "memory");
    NVIC_ISPR = 1;
    BARRIER();
    counter = 1;
    hex(MRS("faultmask"));
    return exc_return;
}

static void faultmask(void)
{
    irqs(1);
    handlers[SVCALL] = mask_all;
    SHPR(SVCALL) = 0x80;
    __asm__ volatile("svc #0" ::: "memory");
    hex(MRS("faultmask"));
    MSR("faultmask", 1);
    hex(MRS("faultmask"));
    NVIC_ISPR = 1;
    BARRIER();
    counter = 2;
    __asm__ volatile("cpsie f\n\tisb" ::: "memory");
    hex(MRS("faultmask"));
}

static void masked_call(void)
{
    handlers[SVCALL] = note;
    __asm__ volatile("cpsid i" ::: "memory");
    TRY("svc #0\n\tnop");
    __asm__ volatile("cpsie i" ::: "memory");
}

static void call_below_basepri(void)
{
    handlers[SVCALL] = note;
    SHPR(SVCALL) = 0x80;
    MSR("basepri", 0x40);
    TRY("svc #0\n\tnop");
    MSR("basepri", 0);
}

static void masked_fault(void)
{
    __asm__ volatile("cpsid i" ::: "memory");
    TRY("udf #0");
    __asm__ volatile("cpsie i" ::: "memory");
}

static uint32_t fault_inside(struct frame *frame, uint32_t exc_return)
{
    (void)frame;
    say("in");
    TRY("udf #0");
    say("out");
    return exc_return;
}

static void fault_less_urgent_than_its_place(void)
{
    handlers[IRQ0] = fault_inside;
    NVIC_ISER = 1;
    NVIC_IPR(0) = 0x20;
    SHPR(USAGE_FAULT) = 0x40;
    NVIC_ISPR = 1;
    BARRIER();
    SHPR(USAGE_FAULT) = 0;
    NVIC_ISPR = 1;
    BARRIER();
}

static void nothing_enabled(void)
{
    SHCSR = 0;
    BARRIER();
    TRY("udf #0");
    TRY("ldr r0, =0x80000000\n\tldr r0, [r0]");
}

const struct section masks[] = {
    {"primask", primask},
    {"basepri", basepri},
    {"faultmask", faultmask},
    {"svc under primask", masked_call},
    {"svc under basepri", call_below_basepri},
    {"fault under primask", masked_fault},
    {"fault in an urgent handler", fault_less_urgent_than_its_place},
    {"faults not enabled", nothing_enabled},
    {0, 0},
};
