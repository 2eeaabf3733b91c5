/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The floating-point unit: switched off, in frames, across handlers. */
#include "torture.h"

#define FPU ".fpu fpv4-sp-d16\n\t"

static void switched_off(void)
{
    CPACR = 0;
    BARRIER();
    hex(CPACR);
    TRY("vadd.f32 s0, s0, s1");
    TRY("vldr s0, [sp]");
    TRY("vmrs r0, fpscr");
    TRY("cmp r0, r0\n\tit eq\n\tvmoveq r0, s0");
    CPACR = 0x00F00000;
    BARRIER();
    TRY("vadd.f32 s0, s0, s1");
    say("on");
    hex(CPACR);
}

static void other_coprocessors(void)
{
    TRY("mrc p15, 0, r0, c0, c0, 0");
    TRY("mcr p5, 0, r0, c1, c2, 3");
    TRY("ldc p3, c1, [sp]");
}

static uint32_t show(struct frame *frame, uint32_t exc_return)
{
    (void)frame;
    hex(exc_return);
    hex(MRS("control"));
    return exc_return;
}

static uint32_t use_floats(struct frame *frame, uint32_t exc_return)
{
    (void)frame;
    hex(exc_return);
    __asm__ volatile(FPU "vmov.f32 s0, #5.0\n\tvmov.f32 s1, #6.0\n\tvmov.f32 s15, #7.0\n\t"
                     "vmov.f32 s16, #8.0\n\tmov r0, #0x02000000\n\tvmsr fpscr, r0" ::: "r0");
    hex(MRS("control"));
    ICSR = PENDSVSET;
    BARRIER();
    return exc_return;
}

static void extended_frame(void)
{
    uint32_t s0, s1, s15, s16, fpscr, msp, lower;

    handlers[SVCALL] = use_floats;
    handlers[PENDSV] = show;
    SHPR(SVCALL) = 0x80;
    __asm__ volatile(FPU "vmov.f32 s0, #1.0\n\tvmov.f32 s1, #2.0\n\tvmov.f32 s15, #3.0\n\t"
                     "vmov.f32 s16, #4.0\n\tmovs r0, #0\n\tvmsr fpscr, r0\n\tsvc #0\n\t"
                     "vmov %0, s0\n\tvmov %1, s1\n\tvmov %2, s15\n\tvmov %3, s16\n\tvmrs %4, fpscr"
                     : "=&r"(s0), "=&r"(s1), "=&r"(s15), "=&r"(s16), "=&r"(fpscr)::"r0", "memory");
    hex(s0);
    hex(s1);
    hex(s15);
    hex(s16);
    hex(fpscr);
    hex(MRS("control"));
    __asm__ volatile("mov %0, sp" : "=r"(msp));
    __asm__ volatile("mov %0, sp" : "=r"(lower));
    hex(msp - lower);
}

static void after_control_is_cleared(void)
{
    handlers[SVCALL] = show;
    __asm__ volatile(FPU "vmov.f32 s0, #1.0" ::);
    hex(MRS("control"));
    __asm__ volatile("svc #0" ::: "memory");
    MSR("control", 0);
    __asm__ volatile("svc #0" ::: "memory");
}

static void on_the_process_stack(void)
{
    uint32_t left;

    handlers[SVCALL] = show;
    MSR("psp", psp_stack + 128);
    __asm__ volatile(FPU "movs r0, #2\n\tmsr control, r0\n\tisb\n\tvmov.f32 s3, #1.5\n\tsvc #0\n\t"
                     "vmov %0, s3\n\tmovs r0, #0\n\tmsr control, r0\n\tisb"
                     : "=&r"(left)::"r0", "memory");
    hex(left);
    hex((uint32_t)(psp_stack + 128) - MRS("psp"));
}

static void without_automatic_state(void)
{
    FPCCR &= ~(3UL << 30);
    BARRIER();
    handlers[SVCALL] = show;
    __asm__ volatile(FPU "vmov.f32 s0, #1.0\n\tsvc #0" ::: "memory");
    FPCCR |= 3UL << 30;
}

static void arithmetic(void)
{
    uint32_t sum, root, fused, whole, less;

    __asm__ volatile(FPU "vmov.f32 s0, #2.0\n\tvmov.f32 s1, #3.0\n\tvadd.f32 s2, s0, s1\n\t"
                     "vmov %0, s2\n\tvsqrt.f32 s2, s0\n\tvmov %1, s2\n\tvfma.f32 s2, s0, s1\n\t"
                     "vmov %2, s2\n\tvcvt.u32.f32 s3, s2\n\tvmov %3, s3\n\tvcmp.f32 s0, s1\n\t"
                     "vmrs APSR_nzcv, fpscr\n\tite mi\n\tmovmi %4, #1\n\tmovpl %4, #0"
                     : "=&r"(sum), "=&r"(root), "=&r"(fused), "=&r"(whole), "=&r"(less)::"cc");
    hex(sum);
    hex(root);
    hex(fused);
    hex(whole);
    hex(less);
    TRY(".inst.w 0xee310b02"); /* vadd.f64 d0, d1, d2: it is a single-precision unit */
}

const struct section floats[] = {
    {"floats switched off", switched_off},
    {"other coprocessors", other_coprocessors},
    {"extended frame", extended_frame},
    {"floats not in use", after_control_is_cleared},
    {"floats on the process stack", on_the_process_stack},
    {"no automatic state", without_automatic_state},
    {"arithmetic", arithmetic},
    {0, 0},
};
