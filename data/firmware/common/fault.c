/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Last words. Linux shows the trace buffer after a crash, too: what is said here is heard. */
#include "fault.h"

#include "cortex_m4.h"
#include "trace.h"

#define CFSR REGISTER(0xE000ED28) /* which fault it was before it became a hard one */
#define HFSR REGISTER(0xE000ED2C)

/* What the core pushed when it took the exception. */
struct frame {
    uint32_t r0, r1, r2, r3, r12, lr, pc, xpsr;
};

__attribute__((used)) static _Noreturn void report_fault(const struct frame *frame)
{
    trace("fault: pc %x lr %x cfsr %x hfsr %x", frame->pc, frame->lr, CFSR, HFSR);
    sleep_forever();
}

/* Naked, or the compiler's own pushes would hide the frame. There is only one stack: main's. */
__attribute__((naked)) void hard_fault_handler(void)
{
    __asm__ volatile("mrs r0, msp\n\tb report_fault");
}

/* Nothing enables what ends here, so returning would only bring it back. */
void unexpected_handler(void)
{
    trace("unexpected exception %u", current_exception());
    sleep_forever();
}

/* Not enabled, and so never called, unless an app brings its own. */
__attribute__((weak)) void bus_fault_handler(void)
{
    unexpected_handler();
}
