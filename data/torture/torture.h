/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the sections share: registers by name, a line of text, and exceptions that are written down. */
#ifndef TORTURE_H
#define TORTURE_H

#include <stdbool.h>
#include <stdint.h>

#define REGISTER(address) (*(volatile uint32_t *)(address))

#define SYST_CSR REGISTER(0xE000E010)
#define SYST_RVR REGISTER(0xE000E014)
#define SYST_CVR REGISTER(0xE000E018)
#define NVIC_ISER REGISTER(0xE000E100)
#define NVIC_ICER REGISTER(0xE000E180)
#define NVIC_ISPR REGISTER(0xE000E200)
#define NVIC_ICPR REGISTER(0xE000E280)
#define NVIC_IABR REGISTER(0xE000E300)
#define NVIC_IPR(irq) (*(volatile uint8_t *)(0xE000E400 + (irq)))
#define ICSR REGISTER(0xE000ED04)
#define VTOR REGISTER(0xE000ED08)
#define AIRCR REGISTER(0xE000ED0C)
#define SCR REGISTER(0xE000ED10)
#define CCR REGISTER(0xE000ED14)
#define SHPR(exception) (*(volatile uint8_t *)(0xE000ED14 + (exception)))
#define SHCSR REGISTER(0xE000ED24)
#define CFSR REGISTER(0xE000ED28)
#define HFSR REGISTER(0xE000ED2C)
#define MMFAR REGISTER(0xE000ED34)
#define BFAR REGISTER(0xE000ED38)
#define CPACR REGISTER(0xE000ED88)
#define MPU_TYPE REGISTER(0xE000ED90)
#define MPU_CTRL REGISTER(0xE000ED94)
#define MPU_RNR REGISTER(0xE000ED98)
#define MPU_RBAR REGISTER(0xE000ED9C)
#define MPU_RASR REGISTER(0xE000EDA0)
#define STIR REGISTER(0xE000EF00)
#define FPCCR REGISTER(0xE000EF34)

enum {
    NMI = 2, HARD_FAULT, MEM_MANAGE, BUS_FAULT, USAGE_FAULT,
    SVCALL = 11, PENDSV = 14, SYSTICK, IRQ0,
};

#define PENDSVSET (1UL << 28)
#define PENDSVCLR (1UL << 27)
#define NMIPENDSET (1UL << 31)
#define FAULTS_ENABLED (7UL << 16) /* SHCSR: MemManage, BusFault and UsageFault */
#define INVPC (1UL << 18) /* CFSR */
#define VECTKEY (0x5FAUL << 16)
#define IT_BITS 0x0600FC00UL

#define MSR(name, value) __asm__ volatile("msr " name ", %0\n\tisb" ::"r"(value) : "memory")
#define MRS(name) ({ uint32_t value_; __asm__ volatile("mrs %0, " name : "=r"(value_)); value_; })
#define BARRIER() __asm__ volatile("dsb\n\tisb" ::: "memory")

/* What an exception pushes. */
struct frame {
    uint32_t r0, r1, r2, r3, r12, lr, pc, xpsr;
};

/* Returns the EXC_RETURN to leave by, mostly the one that came. */
typedef uint32_t handler(struct frame *frame, uint32_t exc_return);

extern handler *handlers[16 + 32]; /* by exception number; without one it is written down */
extern volatile uint32_t resume_at; /* where a written-down fault goes on; 0: where it was */
extern uint32_t psp_stack[128];

/* Run `code`, and go on behind it when it faults. It may use r0 to r3 and r12. */
#define TRY(code, ...)                                                          \
    __asm__ volatile(".fpu fpv4-sp-d16\n\tadr.w r12, 9f\n\tldr r3, =resume_at\n\t" \
                     "str r12, [r3]\n\t" code "\n\tb 9f\n\t.ltorg\n9:"                  \
                     ::__VA_ARGS__                                              \
                     : "r0", "r1", "r2", "r3", "r12", "lr", "cc", "memory")

void say(const char *text);
void hex(uint32_t value);
uint32_t leave(struct frame *frame, uint32_t exc_return); /* a handler that does nothing */
void reset_everything(void);
void semihosting_write0(const char *text);
_Noreturn void semihosting_exit(void);
void drop_privilege(void);
void raise_privilege(void); /* by SVC */

struct section {
    const char *name;
    void (*run)(void);
};

extern const struct section exceptions[], masks[], stacks[], faults[], mpu[], privilege[];
extern const struct section memory[], floats[], times[];

#endif
