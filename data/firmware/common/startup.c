/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first thing the core reads, and the first thing it does. */
#include <stdint.h>

#include "cortex_m4.h"
#include "fault.h"
#include "ipcc.h"
#include "tick.h"

#define IRQS 150 /* of the STM32MP15 */
#define IRQ(n) (16 + (n))

typedef void handler(void);

extern uint32_t __bss_start[], __bss_end[], __stack_top[];
extern uint32_t __data_load[], __data_start[], __data_copy_size[]; /* the last is a number */

int main(void);

/*
 * Linux, or OP-TEE, has put every other section where it belongs, unless an image is linked to copy
 * its data itself. Clearing .bss is theirs too, but a core that Linux let go (detach) may restart
 * itself, with no loader at hand. The resource table is not ours to restore: Linux wrote into it
 * before it let us run.
 */
_Noreturn void Reset_Handler(void)
{
#ifdef __ARM_FP
    REGISTER(0xE000ED88) |= 0xFUL << 20; /* CPACR: without it, the first use of the FPU is a fault */
    __asm__ volatile("dsb\n\tisb" ::: "memory");
#endif
    for (uint32_t i = 0; i < (uint32_t)__data_copy_size / 4; i++)
        __data_start[i] = __data_load[i];
    for (uint32_t *word = __bss_start; word < __bss_end; word++)
        *word = 0;
    main();
    sleep_forever();
}

__attribute__((section(".vectors"), used)) handler *const vectors[16 + IRQS] = {
    (handler *)__stack_top,
    Reset_Handler,
    unexpected_handler, /* NMI */
    hard_fault_handler,
    unexpected_handler, /* MemManage: it and the next stay disabled, and so become hard faults, */
    bus_fault_handler,  /* unless an app enables its own */
    [6 ... 14] = unexpected_handler,
    [15] = tick_handler,
    [IRQ(0) ... IRQ(IPCC_RX_IRQ) - 1] = unexpected_handler,
    [IRQ(IPCC_RX_IRQ)] = ipcc_rx_handler,
    [IRQ(IPCC_TX_IRQ)] = ipcc_tx_handler,
    [IRQ(IPCC_TX_IRQ) + 1 ... IRQ(IRQS) - 1] = unexpected_handler,
};
