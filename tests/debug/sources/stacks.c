/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A thread on a stack of its own, an exception inside of another, and a jump to nowhere. */
#include <stdint.h>

#define ICSR (*(volatile uint32_t *)0xE000ED04)
#define SHPR3 (*(volatile uint32_t *)0xE000ED20)
#define CPACR (*(volatile uint32_t *)0xE000ED88)

static uint64_t thread_stack[64];
volatile uint32_t depth;
volatile float warmth = 1.5f;

void pend_sv_handler(void)
{
    depth += 100;
}

void __attribute__((noinline)) raise_another(void)
{
    ICSR = 1u << 28; /* PendSV, which is more urgent than what runs */
    __asm__ volatile("dsb\n\tisb");
    depth++;
}

void sv_call_handler(void)
{
    raise_another();
    depth++;
}

void hard_fault_handler(void)
{
    for (;;)
        ;
}

void __attribute__((noinline)) call(uint32_t count)
{
    depth = count;
    warmth = warmth * 2.0f;
    __asm__ volatile("svc #0");
    depth++;
}

void __attribute__((noinline)) jump(void (*where)(void))
{
    where();
    depth++;
}

void __attribute__((noinline)) thread(void)
{
    call(1);
    jump((void (*)(void))0x60000001);
    for (;;)
        ;
}

void Reset_Handler(void)
{
    CPACR |= 0xF << 20;
    SHPR3 = 0x00400000; /* PendSV 0x40 */
    *(volatile uint32_t *)0xE000ED1C = 0x80000000; /* SVCall 0x80 */
    __asm__ volatile("msr psp, %0\n\tmovs r0, #2\n\tmsr control, r0\n\tisb\n\tmovs r0, #0\n\tmov lr, r0\n\tb thread"
                     : : "r"(thread_stack + 64) : "r0", "memory");
}

void *memcpy(void *to, const void *from, __SIZE_TYPE__ size)
{
    for (__SIZE_TYPE__ i = 0; i < size; i++)
        ((char *)to)[i] = ((const char *)from)[i];
    return to;
}

__attribute__((section(".vectors"), used)) void *const vectors[16] = {
    (void *)0x10040000, (void *)Reset_Handler, [3] = (void *)hard_fault_handler,
    [11] = (void *)sv_call_handler, [14] = (void *)pend_sv_handler,
};
