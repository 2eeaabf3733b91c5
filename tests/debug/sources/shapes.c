/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every kind of type and variable that the debuggers show. Compiled by the tests, never run on silicon. */
#include <stdint.h>

enum colour { RED, GREEN = 5, BLUE };
enum flags { F_A = 1, F_B = 2, F_C = 4 };
struct point { int16_t x, y; };
union word { uint32_t u; float f; uint8_t bytes[4]; };
struct node {
    struct node *next;
    const char *name;
    enum colour colour;
    struct { int a; int b; };
    unsigned low : 3;
    int signed_bits : 5;
    unsigned long long big : 40;
    union word word;
    struct point corners[2][2];
    int (*hook)(int, char);
};

volatile struct node head;
static struct node second = {
    0, "second", BLUE, {1, -2}, 5, -3, 0x123456789aULL, {.f = 1.5f}, {{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}}, 0
};
char text[20] = "hi\n\"there\"";
double pi = 3.25;
float values[3] = {1, 2.5f, -3};
_Bool yes = 1;
int64_t minus = -5;
enum flags both = F_A | F_C;
void *nothing;
int many[30];

int __attribute__((noinline)) add(int a, int b)
{
    int sum = a + b;
    static int calls;

    calls++;
    head.next = &second;
    return sum;
}

static inline int twice(int v)
{
    int doubled = v * 2;

    return doubled + (int)values[0];
}

float __attribute__((noinline)) mix(float f, double d, uint64_t wide)
{
    float part = f * 2;

    return part + (float)d + (float)wide;
}

int __attribute__((noinline)) work(int n)
{
    int total = 0;

    for (int i = 0; i < n; i++) {
        struct point p = {i, -i};

        total += add(p.x, twice(i));
    }
    mix(1.5f, 2.5, 7);
    return total;
}

void *memcpy(void *to, const void *from, __SIZE_TYPE__ size)
{
    char *d = to;
    const char *s = from;

    while (size--)
        *d++ = *s++;
    return to;
}

void Reset_Handler(void)
{
    *(volatile uint32_t *)0xE000ED88 |= 0xF << 20; /* CPACR: the FPU */
    work(3);
    for (;;)
        ;
}

__attribute__((section(".vectors"), used)) void *const vectors[] = {(void *)0x10040000, (void *)Reset_Handler};
