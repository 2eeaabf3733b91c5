// SPDX-License-Identifier: GPL-2.0-or-later
/* Hooks of the emulator that are called too often for Python. `python tools/build_native.py` makes
 * src/rprocbench/emulator/native_code.py of it. No function calls another, none has data, so the
 * code runs wherever it is put. The structures are those of src/rprocbench/emulator/native.py.
 */
#include <stdint.h>

#ifndef ABI
#define ABI /* or ms_abi: how Windows calls on x86-64 */
#endif

#define PAGES 8
#define SPARE 256

typedef struct {
    volatile uint64_t *counter; /* unicorn's instruction counter of this run */
    volatile uint64_t *limit;   /* ... and where it stops */
    uint64_t base;              /* the cycle of an instruction, without what the counter says */
    uint64_t count, capacity;
    uint64_t *entries;
} ring_t;

typedef struct {
    volatile uint64_t *limit;
    uint64_t is_open;
    uint64_t near_start, near_end;
    uint64_t count;
    uint32_t *addresses;
} gate_t;

typedef struct {
    volatile uint64_t *limit;
    uint64_t may_unmask;
    uint64_t count;
    struct {
        uint64_t base, size;
        uint8_t *bytes;
    } views[PAGES];
} unmask_t;

/* A block: address, size, cycle. Full, it stops in front of it. */
ABI void passed(void *uc, uint64_t address, uint32_t size, ring_t *ring)
{
    if (ring->count >= ring->capacity) {
        *ring->limit = 0;
        return;
    }
    uint64_t *entry = ring->entries + 2 * ring->count++;
    entry[0] = (address & 0xffffffff) | (uint64_t)size << 32;
    entry[1] = ring->base + *ring->counter;
}

/* An instruction. Full, it stops behind the unit; so there is room beyond the capacity. */
ABI void executed(void *uc, uint64_t address, uint32_t size, ring_t *ring)
{
    if (ring->count >= ring->capacity + SPARE)
        return;
    uint64_t *entry = ring->entries + 2 * ring->count++;
    entry[0] = (address & 0xffffffff) | (uint64_t)size << 32;
    entry[1] = ring->base + *ring->counter;
    if (ring->count >= ring->capacity)
        *ring->limit = 0;
}

/* An access: address, size, kind, cycle, value. Full, it stops behind the unit as well. */
ABI void accessed(void *uc, int kind, uint64_t address, int size, int64_t value, ring_t *ring)
{
    if (ring->count >= ring->capacity + SPARE)
        return;
    uint64_t *entry = ring->entries + 3 * ring->count++;
    entry[0] = (address & 0xffffffff) | (uint64_t)(uint32_t)size << 32 | (uint64_t)kind << 40;
    entry[1] = ring->base + *ring->counter;
    entry[2] = (uint64_t)value;
    if (ring->count >= ring->capacity)
        *ring->limit = 0;
}

/* Stop in front of a block that holds one of the addresses. */
ABI void guarded(void *uc, uint64_t address, uint32_t size, gate_t *gate)
{
    if (gate->is_open)
        return;
    for (uint64_t i = 0; i < gate->count; i++)
        if ((uint64_t)gate->addresses[i] - address < size) {
            gate->near_start = address;
            gate->near_end = address + size;
            *gate->limit = 0;
            return;
        }
}

/* Stop in front of what follows a CPSIE or an MSR to a mask register. */
ABI void unmasked(void *uc, uint64_t address, uint32_t size, unmask_t *seen)
{
    if (seen->may_unmask)
        *seen->limit = 0;
    seen->may_unmask = 0;
    uint64_t end = address + size;
    for (uint64_t i = 0; i < seen->count; i++) {
        uint64_t at = end - seen->views[i].base;
        if (at < 4 || at > seen->views[i].size)
            continue;
        const uint8_t *last = seen->views[i].bytes + at;
        uint32_t narrow = last[-2] | last[-1] << 8, wide = last[-4] | last[-3] << 8;
        seen->may_unmask = (narrow & ~7u) == 0xb660 || (wide & ~0x1fu) == 0xf380;
        return;
    }
}
