# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the peripherals of the STM32MP15 lie (RM0436, memory map), and their lines to the M4."""

SIZE = 0x1000  # of most

PERIPHERALS = {
    0x4000_0000: "TIM2 TIM3 TIM4 TIM5 TIM6 TIM7 TIM12 TIM13 TIM14 LPTIM1 WWDG1 SPI2 SPI3 SPDIFRX "
    "USART2 USART3 UART4 UART5 I2C1 I2C2 I2C3 I2C5 CEC DAC UART7 UART8",
    0x4001_C000: "MDIOS",
    0x4400_0000: "TIM1 TIM8 - USART6 SPI1 SPI4 TIM15 TIM16 TIM17 SPI5 SAI1 SAI2 SAI3 DFSDM FDCAN1 "
    "FDCAN2 FDCAN_CCU FDCAN_RAM FDCAN_RAM FDCAN_RAM",
    0x4800_0000: "DMA1 DMA2 DMAMUX ADC SDMMC3",
    0x4900_0000: "OTG",
    0x4C00_0000: "HSEM IPCC HASH2 RNG2 CRC2 CRYP2 DCMI",
    0x5000_0000: "RCC PWR GPIOA GPIOB GPIOC GPIOD GPIOE GPIOF GPIOG GPIOH GPIOI GPIOJ GPIOK EXTI",
    0x5002_0000: "SYSCFG LPTIM2 LPTIM3 LPTIM4 LPTIM5 VREFBUF - SAI4 DTS PMB HDP",
    0x5008_0000: "DAP DBGMCU",
    0x5400_0000: "BKPSRAM CRYP1 HASH1 RNG1 GPIOZ",
    0x5800_0000: "MDMA - FMC QUADSPI DLYBQ SDMMC1 DLYBSD1 SDMMC2 DLYBSD2 CRC1 ETH - OHCI EHCI",
    0x5900_0000: "GPU",
    0x5A00_0000: "DSI LTDC IWDG2 DDRCTRL DDRPHYC STGENR USBPHYC DDRPERFM",
    0x5C00_0000: "USART1 SPI6 I2C4 IWDG1 RTC BSEC TZC ETZPC STGENC I2C6 TAMP",
}
BASES = {
    name: base + SIZE * index
    for base, names in PERIPHERALS.items()
    for index, name in reversed(list(enumerate(names.split())))
    if name != "-"
}
NAMES = {base + SIZE * index: name for base, names in PERIPHERALS.items()
         for index, name in enumerate(names.split()) if name != "-"}  # fmt: skip

IRQS = {
    "WWDG1": 0, "RCC": 5, "ADC": 18, "TIM1": 25, "TIM2": 28, "TIM3": 29, "TIM4": 30, "I2C1": 31,
    "I2C2": 33, "SPI1": 35, "SPI2": 36, "USART1": 37, "USART2": 38, "USART3": 39, "TIM8": 44,
    "TIM5": 50, "SPI3": 51, "UART4": 52, "UART5": 53, "TIM6": 54, "TIM7": 55, "USART6": 71,
    "I2C3": 72, "UART7": 82, "UART8": 83, "SPI4": 84, "SPI5": 85, "LPTIM1": 92, "I2C4": 94,
    "I2C5": 107, "TIM15": 116, "TIM16": 117, "TIM17": 118, "TIM12": 119, "HSEM": 126, "TIM13": 131,
    "TIM14": 132, "RNG1": 134, "RNG2": 135, "I2C6": 136, "LPTIM2": 139, "LPTIM3": 140,
    "LPTIM4": 141, "LPTIM5": 142,
}  # fmt: skip
EXTI_IRQS = (6, 7, 8, 9, 10, 23, 64, 65, 66, 67, 40, 42, 76, 77, 121, 128)  # lines 0 to 15
IRQ_NAMES = (
    {irq: name for name, irq in IRQS.items()}
    | {irq: f"EXTI{line}" for line, irq in enumerate(EXTI_IRQS)}
    | {103: "IPCC_RX1", 104: "IPCC_TX1", 32: "I2C1_ER", 108: "I2C5_ER", 146: "RCC_WAKEUP"}
)

REGISTERS = {  # names of registers that firmware waits for
    "USART": {0x00: "CR1", 0x1C: "ISR", 0x24: "RDR", 0x28: "TDR"},
    "UART": {0x00: "CR1", 0x1C: "ISR", 0x24: "RDR", 0x28: "TDR"},
    "I2C": {0x00: "CR1", 0x04: "CR2", 0x18: "ISR", 0x24: "RXDR"},
    "SPI": {0x00: "CR1", 0x14: "SR"},
    "TIM": {0x00: "CR1", 0x10: "SR", 0x24: "CNT"},
    "LPTIM": {0x00: "ISR", 0x1C: "CNT"},
    "GPIO": {0x10: "IDR", 0x14: "ODR", 0x1C: "LCKR"},
    "IPCC": {0x00: "C1CR", 0x0C: "C1TOC2SR", 0x10: "C2CR", 0x14: "C2MR", 0x1C: "C2TOC1SR"},
    "HSEM": {0x80 + 4 * n: f"RLR{n}" for n in range(32)} | {4 * n: f"R{n}" for n in range(32)},
    "RCC": {0x48: "MSSCKSELR", 0x80: "PLL1CR", 0x94: "PLL2CR", 0x808: "OCRDYR", 0x880: "PLL3CR",
            0x894: "PLL4CR"},
    "PWR": {0x00: "CR1", 0x04: "CSR1", 0x08: "CR2", 0x0C: "CR3", 0x24: "WKUPFR"},
    "ADC": {0x00: "ADC1_ISR", 0x08: "ADC1_CR", 0x100: "ADC2_ISR", 0x108: "ADC2_CR"},
    "DMA": {0x00: "LISR", 0x04: "HISR"},
    "RNG": {0x04: "SR", 0x08: "DR"},
    "RTC": {0x0C: "ICSR"},
    "SDMMC": {0x34: "STAR"},
    "QUADSPI": {0x08: "SR"},
    "FDCAN": {0x18: "CCCR"},
    "TAMP": {0x144: "BKP17R", 0x148: "BKP18R"},
}  # fmt: skip


def name_of(address: int) -> str:
    """`I2C5.ISR` for a register's address; `I2C5+0x38` where the register has no name here."""
    base = address & -SIZE
    if base not in NAMES:
        return f"{address:#010x}"
    block, offset = NAMES[base], address - base
    kind = max((kind for kind in REGISTERS if block.startswith(kind)), key=len, default="")
    register = REGISTERS.get(kind, {}).get(offset & ~3)
    return f"{block}.{register}" if register else f"{block}+{offset:#x}"
