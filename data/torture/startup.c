/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Vectors that all lead to one place, which asks a table what to do. */
#include "torture.h"

extern uint32_t __bss_start[], __bss_end[], __stack_top[];

int main(void);
void dispatch(void);
uint32_t dispatch_in_c(struct frame *frame, uint32_t exc_return, struct frame *main_stack);

_Noreturn void Reset_Handler(void)
{
    for (uint32_t *word = __bss_start; word < __bss_end; word++)
        *word = 0;
    main();
    semihosting_exit();
}

__attribute__((section(".vectors"), used)) void (*const vectors[16 + 32])(void) = {
    (void (*)(void))__stack_top,
    (void (*)(void))Reset_Handler,
    [2 ... 16 + 31] = dispatch,
};

/* The frame lies where EXC_RETURN says; the handler may choose another EXC_RETURN. */
__attribute__((naked)) void dispatch(void)
{
    __asm__ volatile("tst lr, #4\n\t"
                     "ite eq\n\t"
                     "mrseq r0, msp\n\t"
                     "mrsne r0, psp\n\t"
                     "mov r1, lr\n\t"
                     "mrs r2, msp\n\t"
                     "push {r4, lr}\n\t"
                     "bl dispatch_in_c\n\t"
                     "pop {r4, lr}\n\t"
                     "bx r0");
}

handler *handlers[16 + 32];
volatile uint32_t resume_at;

uint32_t leave(struct frame *frame, uint32_t exc_return)
{
    (void)frame;
    return exc_return;
}

static uint32_t write_down(struct frame *frame, uint32_t exc_return, struct frame *main_stack)
{
    uint32_t cfsr = CFSR;

    say("exc");
    hex(MRS("ipsr"));
    say("ret");
    hex(exc_return);
    say("cfsr");
    hex(cfsr);
    say("hfsr");
    hex(HFSR);
    if (cfsr & 0x80) {
        say("mmfar");
        hex(MMFAR);
    }
    if (cfsr & 0x8000) {
        say("bfar");
        hex(BFAR);
    }
    CFSR = cfsr;
    HFSR = HFSR;
    if (cfsr & INVPC) { /* a return that failed popped nothing: what was called from is on the top */
        exc_return = 0xFFFFFFF9;
        frame = main_stack;
        frame->xpsr &= ~0x1FFUL;
    }
    if (resume_at) {
        say("into");
        hex(resume_at - frame->pc);
        frame->pc = resume_at;
        frame->xpsr = (frame->xpsr & ~IT_BITS) | 1UL << 24;
        resume_at = 0;
    }
    return exc_return;
}

uint32_t dispatch_in_c(struct frame *frame, uint32_t exc_return, struct frame *main_stack)
{
    handler *mine = handlers[MRS("ipsr")];

    return mine ? mine(frame, exc_return) : write_down(frame, exc_return, main_stack);
}
