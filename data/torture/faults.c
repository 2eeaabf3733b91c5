/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What faults, how it is told, and where one goes on. */
#include "torture.h"

static void undefined(void)
{
    TRY("udf #0");
    TRY("udf.w #0");
    TRY(".inst.w 0xf7f0a000");
}

static void not_thumb(void)
{
    TRY("ldr r0, =psp_stack\n\tbx r0");
    TRY("ldr r0, =psp_stack\n\tblx r0");
}

static void division(void)
{
    uint32_t quotient;

    __asm__ volatile("movs r0, #7\n\tmovs r1, #0\n\tudiv %0, r0, r1" : "=r"(quotient)::"r0", "r1");
    hex(quotient);
    CCR |= 1UL << 4;
    BARRIER();
    TRY("movs r0, #7\n\tmovs r1, #0\n\tudiv r2, r0, r1");
    TRY("movs r0, #7\n\tmovs r1, #0\n\tsdiv r2, r0, r1");
    TRY("movs r1, #0\n\tcmp r1, #0\n\tittt eq\n\tmoveq r0, #1\n\tsdiveq r2, r0, r1\n\tmoveq r0, #2");
    __asm__ volatile("mvn r0, #99\n\tmovs r1, #7\n\tsdiv %0, r0, r1" : "=r"(quotient)::"r0", "r1");
    hex(quotient);
    __asm__ volatile("mvn r0, #99\n\tmovs r1, #7\n\tcmp r1, #7\n\tittt eq\n\tudiveq %0, r0, r1\n\t"
                     "addeq %0, #1\n\taddeq %0, #1"
                     : "=&r"(quotient)::"r0", "r1", "cc");
    hex(quotient);
    __asm__ volatile("mov r0, #0x80000000\n\tmvn r1, #0\n\tsdiv %0, r0, r1"
                     : "=r"(quotient)::"r0", "r1");
    hex(quotient);
}

static void unaligned_words(void)
{
    static uint32_t words[4] = {0x03020100, 0x07060504, 0x0B0A0908, 0};
    uint32_t value;

    __asm__ volatile("ldr %0, [%1, #1]" : "=r"(value) : "r"(words));
    hex(value);
    __asm__ volatile("ldrh %0, [%1, #3]" : "=r"(value) : "r"(words));
    hex(value);
    __asm__ volatile("str %0, [%1, #6]" ::"r"(0x11223344), "r"(words) : "memory");
    hex(words[1]);
    hex(words[2]);
}

static void unaligned_trapped(void)
{
    CCR |= 1UL << 3;
    BARRIER();
    TRY("ldr r0, =psp_stack\n\tldr r1, [r0, #1]");
    TRY("ldr r0, =psp_stack\n\tldrh r1, [r0, #1]");
    TRY("ldr r0, =psp_stack\n\tstr r1, [r0, #2]");
    TRY("ldr r0, =psp_stack\n\tstrh r1, [r0, #3]");
    TRY("ldr r0, =psp_stack\n\tldrb r1, [r0, #3]");
    TRY("ldr r0, =psp_stack\n\tldrh r1, [r0, #2]");
}

static void unaligned_ldm(void)
{
    psp_stack[0] = 0;
    TRY("ldr r0, =psp_stack+1\n\tldmia r0, {r1, r2}");
    TRY("ldr r0, =psp_stack+2\n\tmvn r1, #0\n\tstmia r0!, {r1, r2}");
    hex(psp_stack[0]);
}

static void unaligned_ldrd(void)
{
    psp_stack[0] = 0;
    TRY("ldr r0, =psp_stack+1\n\tldrd r1, r2, [r0]");
    TRY("ldr r0, =psp_stack+2\n\tmvn r1, #0\n\tstrd r1, r2, [r0]");
    hex(psp_stack[0]);
}

static void unaligned_exclusive(void)
{
    TRY("ldr r0, =psp_stack+1\n\tldrex r1, [r0]");
}

static void no_memory(void)
{
    TRY("ldr r0, =0x80000000\n\tldr r1, [r0]");
    TRY("ldr r0, =0x80000010\n\tstr r1, [r0]");
    TRY("ldr r0, =0x80000020\n\tldrb r1, [r0, #1]");
    TRY("ldr r0, =0x80000030\n\tldrd r1, r2, [r0]");
}

static void no_memory_in_it_block(void)
{
    uint32_t before, behind;

    handlers[BUS_FAULT] = 0;
    __asm__ volatile("movs %0, #0\n\tmovs %1, #0\n\tadr.w r12, 1f\n\tldr r3, =resume_at\n\t"
                     "str r12, [r3]\n\tldr r2, =0x80000000\n\tcmp r2, r2\n\tittt eq\n\t"
                     "moveq %0, #1\n\tldreq r2, [r2]\n\tmoveq %1, #1\n\tb 1f\n\t.ltorg\n1:"
                     : "=&r"(before), "=&r"(behind)::"r2", "r3", "r12", "cc", "memory");
    hex(before);
    hex(behind);
}

static uint32_t repair(struct frame *frame, uint32_t exc_return)
{
    hex(CFSR);
    CFSR = CFSR;
    frame->r1 = (uint32_t)psp_stack; /* where the load shall look instead */
    return exc_return;
}

static void repaired(void)
{
    uint32_t sum;

    handlers[BUS_FAULT] = repair;
    psp_stack[0] = 0x1234;
    __asm__ volatile("movs r0, #0\n\tldr r1, =0x80000000\n\tcmp r0, #0\n\tittet eq\n\t"
                     "addeq r0, #1\n\tldreq r2, [r1]\n\tmovne r2, #0\n\taddeq r0, r2\n\tmov %0, r0\n\t"
                     "b 1f\n\t.ltorg\n1:"
                     : "=r"(sum)::"r0", "r1", "r2", "cc", "memory");
    hex(sum);
}

static void nothing_to_execute(void)
{
    TRY("ldr r0, =0x80000001\n\tbx r0");
    TRY("ldr r0, =0x40000001\n\tbx r0");
    TRY("ldr r0, =0xe000e001\n\tbx r0");
}

static uint32_t fault_again(struct frame *frame, uint32_t exc_return)
{
    (void)frame;
    hex(MRS("ipsr"));
    CFSR = CFSR;
    TRY("udf #0");
    say("out");
    resume_at = frame->pc + 2;
    frame->pc += 2;
    return exc_return;
}

static void fault_in_a_fault_handler(void)
{
    handlers[USAGE_FAULT] = fault_again;
    __asm__ volatile("udf #1" ::: "memory");
    resume_at = 0;
}

static void two_at_once(void)
{
    SHPR(USAGE_FAULT) = 0x80;
    SHPR(BUS_FAULT) = 0x40;
    MSR("basepri", 0x60);
    TRY("ldr r0, =0x80000000\n\tldr r1, [r0]"); /* urgent enough */
    TRY("udf #0");                              /* not */
    MSR("basepri", 0);
}


static void without_vector(void)
{
    VTOR = 0x80000000;
    BARRIER();
    hex(VTOR);
    VTOR = 0;
    BARRIER();
}

const struct section faults[] = {
    {"undefined", undefined},
    {"not thumb", not_thumb},
    {"division by zero", division},
    {"unaligned words", unaligned_words},
    {"unaligned words trapped", unaligned_trapped},
    {"unaligned ldm and stm", unaligned_ldm},
    {"unaligned ldrd and strd", unaligned_ldrd},
    {"unaligned ldrex", unaligned_exclusive},
    {"no memory", no_memory},
    {"no memory in an it block", no_memory_in_it_block},
    {"repaired", repaired},
    {"nothing to execute", nothing_to_execute},
    {"fault in a fault handler", fault_in_a_fault_handler},
    {"fault and basepri", two_at_once},
    {"vector table nowhere", without_vector},
    {0, 0},
};
