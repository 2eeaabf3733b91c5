/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What firmware for these chips does before it does anything, in the usual order: wait until clocks
 * are ready, agree by semaphore who configures pins, set up a serial port, talk over I2C, let a
 * timer tick, and wait for an edge. Every wait is bounded: a step that fails says so and goes on.
 */
#include "hal.h"

extern uint32_t __bss_start[], __bss_end[], __stack_top[];

static volatile uint32_t ticks, update_interrupts, edges;

static bool wait_for(uint32_t address, uint32_t mask, uint32_t wanted)
{
    for (uint32_t turn = 0; turn < 1000; turn++)
        if ((REGISTER(address) & mask) == wanted)
            return true;
    return false;
}

static void say(const char *step, bool is_fine)
{
    print(step);
    print(is_fine ? ": fine\n" : ": failed\n");
}

static bool clocks(void)
{
    REGISTER(RCC + 0x00C) = BIT(8) | BIT(0); /* OCENSETR: HSE and HSI */
    if (!wait_for(RCC + 0x808, BIT(8) | BIT(0), BIT(8) | BIT(0)))
        return false;
    REGISTER(RCC + 0x880) &= ~BIT(0); /* PLL3 off */
    if (!wait_for(RCC + 0x880, BIT(1), 0))
        return false;
    REGISTER(RCC + 0x880) |= BIT(0);
    if (!wait_for(RCC + 0x880, BIT(1), BIT(1)))
        return false;
    REGISTER(RCC + 0x048) = 3; /* MSSCKSELR: PLL3 */
    if (!wait_for(RCC + 0x048, BIT(31) | 3, BIT(31) | 3))
        return false;
    REGISTER(RCC + 0xA80) = BIT(24);       /* MC_APB1ENSETR: I2C5 */
    REGISTER(RCC + 0xA80) = BIT(15);       /* USART3 */
    REGISTER(RCC + 0xA84) = BIT(3);        /* MC_APB1ENCLRR */
    return (REGISTER(RCC + 0xA80) & (BIT(24) | BIT(15) | BIT(3))) == (BIT(24) | BIT(15));
}

static bool power(void)
{
    REGISTER(PWR + 0x08) |= BIT(0) | BIT(1); /* CR2: backup and retention regulators */
    REGISTER(PWR + 0x20) = 0x3F;             /* WKUPCR */
    return wait_for(PWR + 0x08, BIT(16) | BIT(17), BIT(16) | BIT(17)) &&
           REGISTER(PWR + 0x24) == 0;
}

static bool semaphore(void)
{
    if (REGISTER(HSEM + 0x80 + 4 * 3) != (BIT(31) | 2UL << 8)) /* RLR3: locked for core 2 */
        return false;
    if (REGISTER(HSEM + 4 * 3) != (BIT(31) | 2UL << 8))
        return false;
    REGISTER(HSEM + 0x110) = BIT(3); /* C2IER */
    REGISTER(HSEM + 4 * 3) = 2UL << 8;
    if (REGISTER(HSEM + 4 * 3) != 0 || REGISTER(HSEM + 0x11C) != BIT(3))
        return false;
    REGISTER(HSEM + 0x114) = BIT(3); /* C2ICR */
    return REGISTER(HSEM + 0x11C) == 0;
}

static bool pins(void)
{
    REGISTER(GPIOH) = (REGISTER(GPIOH) & ~(3UL << 14)) | 1UL << 14; /* pin 7 is an output */
    REGISTER(GPIOH + 0x18) = BIT(7);
    if (!(REGISTER(GPIOH + 0x10) & BIT(7)))
        return false;
    REGISTER(GPIOH + 0x18) = BIT(7 + 16);
    if (REGISTER(GPIOH + 0x10) & BIT(7))
        return false;
    REGISTER(GPIOH + 0x1C) = BIT(16) | BIT(7); /* the dance of the lock */
    REGISTER(GPIOH + 0x1C) = BIT(7);
    REGISTER(GPIOH + 0x1C) = BIT(16) | BIT(7);
    (void)REGISTER(GPIOH + 0x1C);
    return REGISTER(GPIOH + 0x1C) & BIT(16);
}

static bool serial(void)
{
    static const char text[] = "over the wire\n";

    REGISTER(USART3) = 0;
    REGISTER(USART3 + 0x0C) = 0x22B;
    REGISTER(USART3) = BIT(0) | BIT(2) | BIT(3);
    if (!wait_for(USART3 + 0x1C, BIT(21) | BIT(22), BIT(21) | BIT(22)))
        return false;
    for (const char *c = text; *c; c++) {
        if (!wait_for(USART3 + 0x1C, BIT(7), BIT(7)))
            return false;
        REGISTER(USART3 + 0x28) = (uint8_t)*c;
    }
    return wait_for(USART3 + 0x1C, BIT(6), BIT(6));
}

static bool i2c_write(uint32_t device, const uint8_t *data, uint32_t size, uint32_t more)
{
    REGISTER(I2C5 + 0x04) = device << 1 | size << 16 | BIT(13) | more;
    for (uint32_t n = 0; n < size; n++) {
        if (!wait_for(I2C5 + 0x18, BIT(1), BIT(1))) /* TXIS */
            return false;
        REGISTER(I2C5 + 0x28) = data[n];
    }
    return true;
}

static bool i2c_stopped(void)
{
    if (!wait_for(I2C5 + 0x18, BIT(5), BIT(5))) /* STOPF */
        return false;
    REGISTER(I2C5 + 0x1C) = BIT(5);
    REGISTER(I2C5 + 0x04) = 0;
    return wait_for(I2C5 + 0x18, BIT(15), 0); /* BUSY */
}

static bool i2c(void)
{
    static const uint8_t chunk[] = {0x10, 0xA5, 0x5A}, reg[] = {0x10};

    REGISTER(I2C5) = 0;
    REGISTER(I2C5 + 0x10) = 0x10707DBC;
    REGISTER(I2C5) = BIT(0);
    if (!i2c_write(0x33, chunk, 2, BIT(24))) /* RELOAD: more than 255 bytes are sent like this */
        return false;
    if (!wait_for(I2C5 + 0x18, BIT(7), BIT(7))) /* TCR */
        return false;
    REGISTER(I2C5 + 0x04) = 0x33 << 1 | 1 << 16 | BIT(25); /* one more, AUTOEND */
    if (!wait_for(I2C5 + 0x18, BIT(1), BIT(1)))
        return false;
    REGISTER(I2C5 + 0x28) = chunk[2];
    if (!i2c_stopped())
        return false;
    if (!i2c_write(0x33, reg, 1, 0) || !wait_for(I2C5 + 0x18, BIT(6), BIT(6))) /* TC */
        return false;
    REGISTER(I2C5 + 0x04) = 0x33 << 1 | BIT(10) | 2 << 16 | BIT(13) | BIT(25);
    for (uint32_t n = 1; n < 3; n++) {
        if (!wait_for(I2C5 + 0x18, BIT(2), BIT(2)))
            return false;
        if (REGISTER(I2C5 + 0x24) != chunk[n])
            return false;
    }
    return i2c_stopped();
}

static bool timer(void)
{
    REGISTER(TIM7 + 0x28) = 63;  /* PSC */
    REGISTER(TIM7 + 0x2C) = 999; /* ARR: 64000 cycles */
    REGISTER(TIM7 + 0x14) = 1;   /* EGR: UG */
    REGISTER(TIM7 + 0x10) = 0;
    REGISTER(TIM7 + 0x0C) = 1; /* UIE */
    REGISTER(0xE000E104) = BIT(55 - 32);
    REGISTER(TIM7) = 1;
    while (update_interrupts < 3)
        __asm__ volatile("wfi");
    REGISTER(TIM7) = 0;
    return update_interrupts == 3;
}

static bool system_tick(void)
{
    uint32_t start;

    REGISTER(0xE000E014) = 63999;
    REGISTER(0xE000E018) = 0;
    REGISTER(0xE000E010) = 7;
    for (start = ticks; ticks - start < 5;)
        ;
    return true;
}

static bool edge(void)
{
    REGISTER(SYSCFG) = 0;
    REGISTER(EXTI + 0x60 + 4 * 3) = 0; /* EXTICR4: lines 12 to 15 are of port A */
    REGISTER(EXTI) |= BIT(14);         /* RTSR1 */
    REGISTER(EXTI + 0xC0) |= BIT(14);  /* C2IMR1 */
    REGISTER(0xE000E10C) = BIT(121 - 96);
    REGISTER(EXTI + 0x08) = BIT(14); /* SWIER1 */
    while (edges < 1)
        __asm__ volatile("wfi");
    return edges == 1;
}

static bool others(void)
{
    uint32_t first;

    REGISTER(ADC + 0x08) |= BIT(31); /* calibrate */
    if (!wait_for(ADC + 0x08, BIT(31), 0) || !wait_for(ADC, BIT(0), BIT(0)))
        return false;
    REGISTER(RNG1) = BIT(2);
    if (!wait_for(RNG1 + 0x04, BIT(0), BIT(0)))
        return false;
    first = REGISTER(RNG1 + 0x08);
    if (first == REGISTER(RNG1 + 0x08))
        return false;
    REGISTER(TAMP + 0x148) = 2; /* the state that Linux looks at */
    return REGISTER(TAMP + 0x148) == 2;
}

int main(void);

int main(void)
{
    say("clocks", clocks());
    say("power", power());
    say("semaphore", semaphore());
    say("pins", pins());
    say("serial", serial());
    say("i2c", i2c());
    say("timer", timer());
    say("system tick", system_tick());
    say("edge", edge());
    say("others", others());
    print("waiting for a button\n");
    REGISTER(0xE000E010) = 0;
    while (edges < 2)
        __asm__ volatile("wfi");
    say("button", true);
    finish();
}

static void tim7_handler(void)
{
    REGISTER(TIM7 + 0x10) = 0;
    __asm__ volatile("dsb");
    update_interrupts++;
}

static void tick_handler(void)
{
    ticks++;
}

static void edge_handler(void)
{
    REGISTER(EXTI + 0x0C) = BIT(14); /* RPR1 */
    __asm__ volatile("dsb");
    edges++;
}

static void unexpected_handler(void)
{
    print("an exception that nobody wants\n");
    finish();
}

_Noreturn void Reset_Handler(void);

_Noreturn void Reset_Handler(void)
{
    for (uint32_t *word = __bss_start; word < __bss_end; word++)
        *word = 0;
    main();
    finish();
}

__attribute__((section(".vectors"), used)) void (*const vectors[16 + 150])(void) = {
    (void (*)(void))__stack_top,
    (void (*)(void))Reset_Handler,
    [2 ... 14] = unexpected_handler,
    [15] = tick_handler,
    [16 ... 16 + 54] = unexpected_handler,
    [16 + 55] = tim7_handler,
    [16 + 56 ... 16 + 120] = unexpected_handler,
    [16 + 121] = edge_handler,
    [16 + 122 ... 16 + 149] = unexpected_handler,
};
