/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Thread mode without privilege. */
#include "torture.h"

static uint32_t give_privilege(struct frame *frame, uint32_t exc_return)
{
    (void)frame;
    MSR("control", MRS("control") & ~1UL);
    return exc_return;
}

void drop_privilege(void)
{
    handlers[SVCALL] = give_privilege;
    MSR("control", MRS("control") | 1);
}

void raise_privilege(void)
{
    __asm__ volatile("svc #99" ::: "memory");
}

static void special_registers(void)
{
    uint32_t seen[6];

    drop_privilege();
    MSR("primask", 1);
    MSR("basepri", 0x40);
    MSR("faultmask", 1);
    __asm__ volatile("cpsid i\n\tcpsid f" ::: "memory");
    MSR("msp", 0);
    seen[0] = MRS("control");
    MSR("control", 0);
    seen[1] = MRS("control");
    seen[2] = MRS("primask");
    seen[3] = MRS("psp");
    seen[4] = MRS("ipsr");
    seen[5] = MRS("basepri");
    raise_privilege();
    for (uint32_t n = 0; n < 6; n++)
        hex(seen[n]);
    hex(MRS("primask"));
    hex(MRS("basepri"));
    hex(MRS("faultmask"));
    hex(MRS("control"));
}

static void system_registers(void)
{
    drop_privilege();
    TRY("ldr r0, =0xe000ed00\n\tldr r1, [r0]");
    TRY("ldr r0, =0xe000e100\n\tstr r1, [r0]");
    TRY("ldr r0, =0xe000e014\n\tldr r1, [r0]");
    TRY("ldr r0, =0xe000ed08\n\tcmp r0, r0\n\titt eq\n\tmoveq r1, #0\n\tstreq r1, [r0]");
    raise_privilege();
    TRY("ldr r0, =0xe000ed00\n\tldr r1, [r0]");
    say("privileged");
}

static uint32_t note(struct frame *frame, uint32_t exc_return)
{
    (void)frame;
    hex(MRS("ipsr"));
    hex(MRS("control"));
    return exc_return;
}

static void software_trigger(void)
{
    handlers[IRQ0 + 4] = note;
    NVIC_ISER = 0x10;
    drop_privilege();
    TRY("ldr r0, =0xe000ef00\n\tmovs r1, #4\n\tstr r1, [r0]\n\tdsb\n\tisb");
    raise_privilege();
    CCR |= 2; /* USERSETMPEND */
    BARRIER();
    drop_privilege();
    TRY("ldr r0, =0xe000ef00\n\tmovs r1, #4\n\tstr r1, [r0]\n\tdsb\n\tisb");
    raise_privilege();
}

static void handlers_are_privileged(void)
{
    handlers[IRQ0 + 4] = note;
    NVIC_ISER = 0x10;
    MSR("psp", psp_stack + 128);
    MSR("control", 3);
    handlers[SVCALL] = give_privilege;
    TRY("udf #0");
    raise_privilege();
    NVIC_ISPR = 0x10;
    BARRIER();
    hex(MRS("control"));
    MSR("control", 0);
}

const struct section privilege[] = {
    {"special registers", special_registers},
    {"system registers", system_registers},
    {"unprivileged trigger", software_trigger},
    {"handlers are privileged", handlers_are_privileged},
    {0, 0},
};
