/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Calls, pending, order, nesting, and what the NVIC shows meanwhile. */
#include "torture.h"

static uint32_t note(struct frame *frame, uint32_t exc_return)
{
    (void)frame;
    hex(MRS("ipsr"));
    return exc_return;
}

static void use(uint32_t irqs, handler *by)
{
    for (uint32_t irq = 0; irq < 32; irq++)
        if (irqs >> irq & 1)
            handlers[IRQ0 + irq] = by;
    NVIC_ISER = irqs;
    BARRIER();
}

static uint32_t show_frame(struct frame *frame, uint32_t exc_return)
{
    hex(frame->r0);
    hex(frame->r1);
    hex(frame->r2);
    hex(frame->r3);
    hex(frame->r12);
    hex(frame->xpsr);
    hex(((uint8_t *)frame->pc)[-2]);
    hex(exc_return);
    frame->r0 = 0x55;
    return exc_return;
}

static void svc(void)
{
    uint32_t result;

    handlers[SVCALL] = show_frame;
    __asm__ volatile("movs r0, #1\n\tmovs r1, #2\n\tmovs r2, #3\n\tmovs r3, #4\n\tmov r12, #5\n\t"
                     "svc #42\n\tmov %0, r0"
                     : "=r"(result)::"r0", "r1", "r2", "r3", "r12", "cc", "memory");
    say("back");
    hex(result);
}

static uint32_t call_again(struct frame *frame, uint32_t exc_return)
{
    (void)frame;
    TRY("svc #1\n\tnop");
    return exc_return;
}

static void svc_in_its_own_handler(void)
{
    handlers[SVCALL] = call_again;
    __asm__ volatile("svc #0" ::: "memory");
}

static void pendsv(void)
{
    handlers[PENDSV] = note;
    ICSR = PENDSVSET;
    BARRIER();
    MSR("primask", 1);
    ICSR = PENDSVSET;
    BARRIER();
    say("icsr");
    hex(ICSR);
    ICSR = PENDSVCLR;
    BARRIER();
    hex(ICSR);
    MSR("primask", 0);
    say("none");
}

static uint32_t pend_pendsv(struct frame *frame, uint32_t exc_return)
{
    (void)frame;
    ICSR = PENDSVSET;
    BARRIER();
    hex(MRS("ipsr"));
    return exc_return;
}

static void tail_chain(void)
{
    handlers[SVCALL] = pend_pendsv;
    handlers[PENDSV] = note;
    SHPR(PENDSV) = 0xF0;
    __asm__ volatile("svc #0" ::: "memory");
    say("then");
    SHPR(SVCALL) = 0xF0;
    SHPR(PENDSV) = 0;
    __asm__ volatile("svc #0" ::: "memory");
}

static uint32_t nest(struct frame *frame, uint32_t exc_return)
{
    uint32_t me = MRS("ipsr");

    (void)frame;
    hex(me);
    hex(exc_return);
    if (me < IRQ0 + 3) {
        NVIC_ISPR = 1UL << (me - IRQ0 + 1);
        BARRIER();
    }
    say("iabr");
    hex(NVIC_IABR);
    return exc_return;
}

static void nesting(void)
{
    for (uint32_t irq = 0; irq < 4; irq++)
        NVIC_IPR(irq) = 0xC0 - 0x40 * irq;
    use(0xF, nest);
    NVIC_ISPR = 1;
    BARRIER();
}

static void equals_wait(void)
{
    use(0xF, nest);
    NVIC_ISPR = 1;
    BARRIER();
}

static void by_number(void)
{
    use(0xFF0, note);
    MSR("primask", 1);
    NVIC_ISPR = 0xAA0;
    NVIC_ISPR = 0x550;
    MSR("primask", 0);
}

static void by_priority(void)
{
    use(0xFF0, note);
    for (uint32_t irq = 4; irq < 12; irq++)
        NVIC_IPR(irq) = (irq * 7 & 15) << 4;
    SHPR(PENDSV) = 0x60;
    handlers[PENDSV] = note;
    MSR("primask", 1);
    ICSR = PENDSVSET;
    NVIC_ISPR = 0xFF0;
    MSR("primask", 0);
}

static void grouping(void)
{
    for (uint32_t group = 3; group < 8; group++) {
        AIRCR = VECTKEY | group << 8;
        hex(AIRCR >> 8 & 7);
        say("[");
        NVIC_IPR(0) = 0xB0;
        NVIC_IPR(1) = 0x90;
        NVIC_IPR(2) = 0x50;
        NVIC_IPR(3) = 0x10;
        use(0xF, nest);
        NVIC_ISPR = 1;
        BARRIER();
        say("]");
    }
}

static void late_arrival(void)
{
    handlers[SVCALL] = note;
    use(3, note);
    NVIC_IPR(0) = 0x80;
    NVIC_IPR(1) = 0x40;
    MSR("basepri", 0x20);
    NVIC_ISPR = 1;
    NVIC_ISPR = 2;
    say("held");
    MSR("basepri", 0);
    say("over");
}

static uint32_t show_icsr(struct frame *frame, uint32_t exc_return)
{
    (void)frame;
    NVIC_ISPR = 1UL << 9;
    hex(ICSR);
    say("shcsr");
    hex(SHCSR);
    return exc_return;
}

static void what_the_nvic_shows(void)
{
    use(1UL << 9, note);
    NVIC_IPR(9) = 0x80;
    handlers[SVCALL] = show_icsr;
    handlers[PENDSV] = show_icsr;
    __asm__ volatile("svc #0" ::: "memory");
    ICSR = PENDSVSET;
    BARRIER();
    hex(ICSR);
}

static void enables(void)
{
    NVIC_ISER = 0x00FF00F0;
    hex(NVIC_ISER);
    NVIC_ICER = 0x000F0030;
    hex(NVIC_ICER);
    NVIC_ISPR = 0x0000000F;
    hex(NVIC_ISPR);
    NVIC_ICPR = 0x5;
    hex(NVIC_ICPR);
    hex(ICSR & 0x00400000);
}

static void software_trigger(void)
{
    use(1UL << 21 | 1UL << 5, note);
    STIR = 21;
    BARRIER();
    STIR = 5;
    BARRIER();
    hex(STIR);
}

static uint32_t show_shcsr(struct frame *frame, uint32_t exc_return)
{
    (void)frame;
    hex(SHCSR);
    return exc_return;
}

static void system_handlers(void)
{
    handlers[SVCALL] = show_shcsr;
    handlers[USAGE_FAULT] = show_shcsr;
    handlers[PENDSV] = show_shcsr;
    __asm__ volatile("svc #0" ::: "memory");
    ICSR = PENDSVSET;
    BARRIER();
    MSR("primask", 1);
    SHCSR = FAULTS_ENABLED | 1UL << 15; /* SVCall pending, by hand */
    BARRIER();
    hex(SHCSR);
    MSR("primask", 0);
    hex(SHCSR);
}

static uint32_t nmi_handler(struct frame *frame, uint32_t exc_return)
{
    (void)frame;
    hex(MRS("ipsr"));
    hex(exc_return);
    NVIC_ISPR = 1;
    BARRIER();
    return exc_return;
}

static void nmi(void)
{
    use(1, note);
    handlers[NMI] = nmi_handler;
    ICSR = NMIPENDSET;
    BARRIER();
    MSR("faultmask", 1);
    ICSR = NMIPENDSET;
    BARRIER();
    say("faultmask");
    hex(MRS("faultmask"));
    MSR("faultmask", 0);
}


extern void (*const vectors[48])(void);

static void (*other_vectors[48])(void) __attribute__((aligned(256)));

__attribute__((naked)) static void elsewhere(void)
{
    __asm__ volatile("movs r0, #0x77\n\tstr r0, [sp]\n\tbx lr");
}

static void vector_table(void)
{
    uint32_t result;

    for (uint32_t n = 0; n < 48; n++)
        other_vectors[n] = vectors[n];
    other_vectors[SVCALL] = elsewhere;
    VTOR = (uint32_t)other_vectors;
    BARRIER();
    __asm__ volatile("movs r0, #1\n\tsvc #0\n\tmov %0, r0" : "=r"(result)::"r0", "cc", "memory");
    VTOR = 0;
    hex(result);
    hex(VTOR);
}

static uint32_t disable_myself(struct frame *frame, uint32_t exc_return)
{
    (void)frame;
    hex(NVIC_ISPR & 1);
    NVIC_ISPR = 1;
    hex(NVIC_ISPR & 1);
    NVIC_ICER = 1;
    return exc_return;
}

static void pending_while_active(void)
{
    use(1, disable_myself);
    NVIC_ISPR = 1;
    BARRIER();
    say("left");
    hex(NVIC_ISPR & 1);
    NVIC_ISER = 1;
    BARRIER();
    say("left");
    hex(NVIC_ISPR & 1);
}

const struct section exceptions[] = {
    {"svc", svc},
    {"svc in its own handler", svc_in_its_own_handler},
    {"pendsv", pendsv},
    {"tail chain", tail_chain},
    {"nesting", nesting},
    {"equals wait", equals_wait},
    {"order by number", by_number},
    {"order by priority", by_priority},
    {"priority grouping", grouping},
    {"late arrival", late_arrival},
    {"icsr", what_the_nvic_shows},
    {"enable and pend", enables},
    {"software trigger", software_trigger},
    {"shcsr", system_handlers},
    {"nmi", nmi},
    {"vector table elsewhere", vector_table},
    {"pending while active", pending_while_active},
    {0, 0},
};
