/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Registers of an STM32MP15 (RM0436), as many as start-up code of a usual kind goes through. */
#ifndef HAL_H
#define HAL_H

#include <stdbool.h>
#include <stdint.h>

#define REGISTER(address) (*(volatile uint32_t *)(address))
#define BIT(n) (1UL << (n))

#define TIM7 0x40005000
#define USART3 0x4000F000
#define I2C5 0x40015000
#define HSEM 0x4C000000
#define RCC 0x50000000
#define PWR 0x50001000
#define GPIOA 0x50002000
#define GPIOH 0x50009000
#define EXTI 0x5000D000
#define SYSCFG 0x50020000
#define ADC 0x48003000
#define RNG1 0x54003000
#define TAMP 0x5C00A000

void print(const char *text);
_Noreturn void finish(void);

#endif
