/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two stack pointers, frames, and ways to return. */
#include "torture.h"

static uint32_t relative(uint32_t sp)
{
    return (uint32_t)(psp_stack + 128) - sp;
}

static uint32_t show(struct frame *frame, uint32_t exc_return)
{
    hex(exc_return);
    hex(MRS("control"));
    if (exc_return & 4)
        hex(relative((uint32_t)frame));
    hex(frame->xpsr >> 9 & 1);
    return exc_return;
}

static void onto_psp(uint32_t offset)
{
    MSR("psp", (uint32_t)(psp_stack + 128) - offset);
}

static void process_stack(void)
{
    handlers[SVCALL] = show;
    onto_psp(0);
    __asm__ volatile("movs r0, #2\n\tmsr control, r0\n\tisb\n\tsvc #0\n\tmrs r1, control\n\t"
                     "movs r0, #0\n\tmsr control, r0\n\tisb\n\tmov r0, r1\n\tbl hex"
                     ::: "r0", "r1", "r2", "r3", "r12", "lr", "cc", "memory");
    hex(relative(MRS("psp")));
}

static void alignment(void)
{
    handlers[SVCALL] = show;
    for (uint32_t offset = 0; offset < 8; offset += 4) {
        for (uint32_t align = 0; align < 2; align++) {
            CCR = align << 9;
            onto_psp(offset);
            __asm__ volatile("movs r0, #2\n\tmsr control, r0\n\tisb\n\tsvc #0\n\t"
                             "movs r0, #0\n\tmsr control, r0\n\tisb" ::: "r0", "cc", "memory");
            hex(relative(MRS("psp")));
        }
    }
    CCR = 0x200;
}

__attribute__((naked)) static void return_by_pop(void)
{
    __asm__ volatile("push {r4, lr}\n\tmovs r4, #9\n\tpop {r4, pc}");
}

__attribute__((naked)) static void return_by_ldm(void)
{
    __asm__ volatile("push {r4, lr}\n\tldmia.w sp!, {r4, pc}");
}

__attribute__((naked)) static void return_by_ldr(void)
{
    __asm__ volatile("push {lr}\n\tldr.w pc, [sp], #4");
}

extern void (*const vectors[48])(void);
static void (*my_vectors[48])(void) __attribute__((aligned(256)));

static void ways_to_return(void)
{
    void (*const ways[])(void) = {return_by_pop, return_by_ldm, return_by_ldr};
    uint32_t sp, again;

    for (uint32_t n = 0; n < 48; n++)
        my_vectors[n] = vectors[n];
    VTOR = (uint32_t)my_vectors;
    for (uint32_t n = 0; n < 3; n++) {
        my_vectors[SVCALL] = ways[n];
        BARRIER();
        __asm__ volatile("mov %0, sp\n\tsvc #0\n\tmov %1, sp" : "=&r"(sp), "=r"(again)::"memory");
        hex(sp - again);
        hex(MRS("ipsr"));
    }
    VTOR = 0;
}

static uint32_t bad_return(struct frame *frame, uint32_t exc_return)
{
    (void)exc_return;
    return frame->r0;
}

static void bad_returns(void)
{
    static const uint32_t values[] = {0xFFFFFFF1, 0xFFFFFFF5, 0xFFFFFFFF, 0xFFFFFFF3};

    for (uint32_t n = 0; n < sizeof(values) / 4; n++) {
        handlers[SVCALL] = bad_return;
        onto_psp(64);
        TRY("mov r0, %0\n\tsvc #0\n\tnop", "r"(values[n]));
    }
}

static uint32_t bad_xpsr(struct frame *frame, uint32_t exc_return)
{
    frame->xpsr |= SVCALL; /* says handler, while EXC_RETURN says thread */
    return exc_return;
}

static void frame_that_contradicts(void)
{
    handlers[SVCALL] = bad_xpsr;
    TRY("svc #0\n\tnop");
}

static uint32_t clear_t(struct frame *frame, uint32_t exc_return)
{
    frame->xpsr &= ~(1UL << 24);
    return exc_return;
}

static void return_without_thumb(void)
{
    handlers[SVCALL] = clear_t;
    TRY("svc #0\n\tnop");
}

/* Thread mode on top of an active handler, which CCR.NONBASETHRDENA allows: IRQ1, IRQ0, a thread. */
__attribute__((naked)) static void thread_above(void)
{
    __asm__ volatile("mrs r0, ipsr\n\tbl hex\n\tldr r0, =0xe000e300\n\tldr r0, [r0]\n\tbl hex\n\t"
                     "svc #0\n\t.ltorg");
}

static uint32_t to_thread(struct frame *frame, uint32_t exc_return)
{
    struct frame *thread = (struct frame *)(psp_stack + 100);

    (void)frame;
    (void)exc_return;
    thread->pc = (uint32_t)thread_above & ~1UL;
    thread->xpsr = 1UL << 24;
    MSR("psp", thread);
    return 0xFFFFFFFD;
}

static uint32_t back_to_handler(struct frame *frame, uint32_t exc_return)
{
    (void)frame;
    hex(exc_return);
    return 0xFFFFFFF1;
}

static uint32_t call_other(struct frame *frame, uint32_t exc_return)
{
    (void)frame;
    NVIC_ISPR = 1;
    BARRIER();
    say("again");
    hex(MRS("ipsr"));
    hex(NVIC_IABR);
    return exc_return;
}

static void thread_above_a_handler(void)
{
    handlers[IRQ0] = to_thread;
    handlers[IRQ0 + 1] = call_other;
    handlers[SVCALL] = back_to_handler;
    NVIC_IPR(0) = 0x20;
    NVIC_IPR(1) = 0x40;
    NVIC_ISER = 3;
    CCR = 0x201;
    NVIC_ISPR = 2;
    BARRIER();
    hex(MRS("ipsr"));
    hex(MRS("control"));
}

const struct section stacks[] = {
    {"process stack", process_stack},
    {"frame alignment", alignment},
    {"ways to return", ways_to_return},
    {"returns to nowhere", bad_returns},
    {"frame that contradicts", frame_that_contradicts},
    {"return without thumb", return_without_thumb},
    {"thread above a handler", thread_above_a_handler},
    {0, 0},
};
