/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Section by section: put everything back, run, print one line. */
#include "torture.h"

extern const struct section *const chapters[];
void print_line(void);

/* In no segment: loaders would clear it. */
#define was_here ((volatile uint32_t *)0x20030000)

const struct section *const chapters[] = {
    exceptions, masks, stacks, floats, faults, mpu, privilege, memory, times, 0,
};

uint32_t psp_stack[128];

void reset_everything(void)
{
    MSR("primask", 0);
    MSR("basepri", 0);
    MSR("faultmask", 0);
    MSR("control", 0);
    MPU_CTRL = 0;
    NVIC_ICER = 0xFFFFFFFF;
    NVIC_ICPR = 0xFFFFFFFF;
    SYST_CSR = 0;
    ICSR = PENDSVCLR | 1UL << 25;
    for (uint32_t irq = 0; irq < 32; irq++)
        NVIC_IPR(irq) = 0;
    for (uint32_t n = MEM_MANAGE; n < IRQ0; n++)
        SHPR(n) = 0;
    for (uint32_t n = 0; n < 48; n++)
        handlers[n] = 0;
    AIRCR = VECTKEY;
    SHCSR = FAULTS_ENABLED;
    CFSR = 0xFFFFFFFF;
    HFSR = 0xFFFFFFFF;
    CCR = 0x200;
    SCR = 0;
    CPACR = 0x00F00000;
    resume_at = 0;
    BARRIER();
}

static _Noreturn void ask_for_a_reset(void)
{
    was_here[0] = 0x600DF00D;
    was_here[1] = ~0x600DF00DUL;
    AIRCR = VECTKEY | 4;
    for (;;)
        ;
}

int main(void)
{
    uint32_t number = 0;

    if (was_here[0] == 0x600DF00D && was_here[1] == ~0x600DF00DUL) {
        was_here[0] = 0;
        say("came back from SYSRESETREQ: control");
        hex(MRS("control"));
        say("vtor");
        hex(VTOR);
        say("shcsr");
        hex(SHCSR);
        say("iser");
        hex(NVIC_ISER);
        print_line();
        semihosting_exit();
    }
    for (const struct section *const *chapter = chapters; *chapter; chapter++) {
        for (const struct section *it = *chapter; it->name; it++) {
            reset_everything();
            hex(++number);
            say(it->name);
            say(":");
            it->run();
            print_line();
        }
    }
    reset_everything();
    NVIC_ISER = 1;
    ask_for_a_reset();
}
