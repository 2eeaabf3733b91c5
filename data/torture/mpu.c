/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory protection. */
#include "torture.h"

#define SIZE(log2) (((log2) - 1UL) << 1)
#define AP(n) ((n) << 24)
#define XN (1UL << 28)
#define WITHOUT(subregions) ((subregions) << 8)
enum { NOBODY, PRIVILEGED, USER_READS, EVERYBODY, PRIVILEGED_READS = 5, ALL_READ };

static uint32_t area[1024] __attribute__((aligned(4096)));

static void region(uint32_t number, const void *base, uint32_t attributes)
{
    MPU_RNR = number;
    MPU_RBAR = (uint32_t)base;
    MPU_RASR = attributes | 1;
}

static void switch_on(uint32_t control)
{
    MPU_CTRL = control | 1;
    BARRIER();
}

static void switch_off(void)
{
    MPU_CTRL = 0;
    for (uint32_t n = 0; n < 8; n++) {
        MPU_RNR = n;
        MPU_RASR = 0;
    }
    BARRIER();
}

static void registers(void)
{
    hex(MPU_TYPE);
    region(3, area, AP(EVERYBODY) | SIZE(12) | WITHOUT(0xA5UL));
    hex(MPU_RNR);
    hex(MPU_RBAR - (uint32_t)area);
    hex(MPU_RASR);
    MPU_RBAR = (uint32_t)area | 0x15; /* VALID, region 5 */
    hex(MPU_RNR);
    hex(MPU_RBAR - (uint32_t)area);
    hex(MPU_RASR);
    switch_off();
}

static void read_only(void)
{
    region(0, area, AP(PRIVILEGED_READS) | SIZE(12));
    switch_on(4);
    TRY("ldr r1, [%0]", "r"(area));
    TRY("str r1, [%0, #16]", "r"(area));
    TRY("strb r1, [%0, #3]", "r"(area + 1000));
    switch_off();
    TRY("str r1, [%0, #16]", "r"(area));
    say("off");
}

static void nobody(void)
{
    region(0, area, AP(NOBODY) | SIZE(12));
    switch_on(4);
    TRY("ldr r1, [%0]", "r"(area));
    TRY("ldm %0, {r1, r2}", "r"(area + 8));
    switch_off();
}

static void subregions(void)
{
    region(0, area, AP(NOBODY) | SIZE(12) | WITHOUT(0xAAUL));
    switch_on(4);
    for (uint32_t n = 0; n < 8; n++)
        TRY("ldr r1, [%0]", "r"(area + 128 * n));
    switch_off();
}

static void small_regions(void)
{
    area[4] = 0x44;
    region(0, area, AP(PRIVILEGED) | SIZE(12));
    region(1, area + 8, AP(NOBODY) | SIZE(5));
    region(2, area + 64, AP(PRIVILEGED_READS) | SIZE(8) | WITHOUT(0x01UL));
    switch_on(4);
    TRY("ldr r1, [%0]\n\tstr r1, [%0, #4]", "r"(area + 4));
    hex(area[5]);
    TRY("ldr r1, [%0]", "r"(area + 8));
    TRY("ldr r1, [%0]", "r"(area + 15));
    TRY("ldr r1, [%0]", "r"(area + 16));
    TRY("ldmia %0, {r0, r1, r2}", "r"(area + 6));
    TRY("str r1, [%0]", "r"(area + 64));
    TRY("str r1, [%0]", "r"(area + 72));
    TRY("ldr r1, [%0]", "r"(area + 72));
    switch_off();
}

static void stronger_region(void)
{
    region(1, area, AP(NOBODY) | SIZE(12));
    region(7, area, AP(EVERYBODY) | SIZE(10));
    region(0, area, AP(EVERYBODY) | SIZE(12));
    switch_on(4);
    TRY("ldr r1, [%0]", "r"(area));
    TRY("ldr r1, [%0]", "r"(area + 256));
    switch_off();
}

static void never_execute(void)
{
    area[0] = 0x47704770; /* bx lr */
    BARRIER();
    region(0, area, AP(EVERYBODY) | SIZE(12) | XN);
    switch_on(4);
    TRY("orr r0, %0, #1\n\tblx r0", "r"(area));
    switch_off();
    TRY("orr r0, %0, #1\n\tblx r0", "r"(area));
    say("ran");
}

static void no_background(void)
{
    region(0, (void *)0, AP(ALL_READ) | SIZE(16));
    region(1, (void *)0x20000000, AP(EVERYBODY) | SIZE(17) | XN);
    switch_on(0);
    TRY("ldr r0, =0x40004000\n\tldr r1, [r0]");
    TRY("ldr r0, =0xe000ed00\n\tldr r1, [r0]");
    TRY("ldr r0, =0x100\n\tstr r1, [r0]");
    switch_off();
}

static void unprivileged(void)
{
    region(0, (void *)0, AP(ALL_READ) | SIZE(16));
    region(1, (void *)0x20000000, AP(EVERYBODY) | SIZE(17));
    region(2, area, AP(PRIVILEGED) | SIZE(10));
    region(3, area + 256, AP(USER_READS) | SIZE(10));
    switch_on(4);
    TRY("str r1, [%0]", "r"(area));
    TRY("str r1, [%0]", "r"(area + 256));
    drop_privilege();
    TRY("ldr r1, [%0]", "r"(area));
    TRY("ldr r1, [%0]", "r"(area + 256));
    TRY("str r1, [%0]", "r"(area + 256));
    TRY("str r1, [%0]", "r"(area + 512));
    TRY("ldr r0, =0x40004000\n\tldr r1, [r0]");
    raise_privilege();
    TRY("str r1, [%0]", "r"(area));
    switch_off();
}

static uint32_t make_a_frame(struct frame *frame, uint32_t exc_return)
{
    hex(MRS("ipsr"));
    hex(exc_return);
    hex(CFSR);
    hex(SHCSR);
    hex((uint32_t)(area + 64) - MRS("psp"));
    CFSR = CFSR;
    switch_off();
    frame->pc = resume_at;
    frame->xpsr = 1UL << 24;
    return exc_return;
}

static void stack_in_the_way(void)
{
    handlers[MEM_MANAGE] = make_a_frame;
    region(0, area, AP(NOBODY) | SIZE(12));
    MSR("psp", area + 64);
    handlers[SVCALL] = leave;
    SHPR(SVCALL) = 0x80;
    switch_on(4);
    TRY("movs r0, #2\n\tmsr control, r0\n\tisb\n\tsvc #0\n\tnop");
    MSR("control", 0);
    switch_off();
}

static uint32_t protect(struct frame *frame, uint32_t exc_return)
{
    (void)frame;
    region(0, area + 256, AP(NOBODY) | SIZE(10));
    switch_on(4);
    return exc_return;
}

static uint32_t open_again(struct frame *frame, uint32_t exc_return)
{
    (void)frame;
    hex(MRS("ipsr"));
    hex(exc_return);
    hex(CFSR);
    CFSR = CFSR;
    switch_off();
    return exc_return;
}

static void frame_in_the_way(void)
{
    MSR("psp", area + 512);
    handlers[SVCALL] = protect;
    handlers[MEM_MANAGE] = open_again;
    __asm__ volatile("movs r0, #2\n\tmsr control, r0\n\tisb\n\tsvc #0\n\t"
                     "movs r0, #0\n\tmsr control, r0\n\tisb" ::: "r0", "memory");
    say("back");
    hex((uint32_t)(area + 512) - MRS("psp"));
}

static uint32_t touch(struct frame *frame, uint32_t exc_return)
{
    (void)frame;
    hex(*(volatile uint32_t *)area);
    return exc_return;
}

static void urgent_code(void)
{
    area[0] = 0x99;
    region(0, area, AP(NOBODY) | SIZE(12));
    handlers[NMI] = touch;
    switch_on(4);
    ICSR = NMIPENDSET;
    BARRIER();
    switch_off();
}

const struct section mpu[] = {
    {"mpu registers", registers},
    {"read only", read_only},
    {"nobody", nobody},
    {"subregions", subregions},
    {"small regions", small_regions},
    {"the stronger region", stronger_region},
    {"never execute", never_execute},
    {"no background", no_background},
    {"unprivileged memory", unprivileged},
    {"pushing into the forbidden", stack_in_the_way},
    {"popping from the forbidden", frame_in_the_way},
    {"urgent code is free", urgent_code},
    {0, 0},
};
