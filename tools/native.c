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
#define CACHE 1024

typedef struct {
    volatile uint64_t *counter; /* unicorn's instruction counter of this run */
    volatile uint64_t *limit;   /* ... and where it stops */
    uint64_t base;              /* the cycle of an instruction, without what the counter says */
    uint64_t count, capacity;
    uint64_t *entries;
} ring_t;

typedef struct {
    uint64_t base, size;
    const uint8_t *bytes;
    const uint8_t *known; /* a bit for each halfword: an IT whose followers have hooks */
    const uint8_t *slow;  /* ... and a block that accesses registers */
} view_t;

typedef struct {
    ABI int (*stop)(void *uc);
    volatile uint64_t *counter, *limit; /* unicorn's, while it counts */
    uint64_t cycles;      /* of blocks, as if they had been executed to their end */
    uint64_t conditional; /* ... and of conditional instructions */
    uint64_t is_free, room, has_stopped, unknown;
    uint64_t carry; /* instructions of an IT that the last block did not come to */
    uint64_t count, capacity;
    uint64_t *entries;
    uint64_t view_count;
    view_t views[PAGES];
    struct {
        uint64_t key, executed;
    } cache[CACHE]; /* blocks whose instructions were counted in this run */
} stream_t;

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

/* A block while unicorn does not count: what it counts is counted here, all but the instructions
 * that an IT makes conditional. Those have hooks of their own; where one has not yet, it stops in
 * front of the block and says which. It also stops before there could be more than `room` is for.
 */
ABI void streamed(void *uc, uint64_t address, uint32_t size, stream_t *stream)
{
    if (!stream->is_free) {
        if (stream->count >= stream->capacity) {
            *stream->limit = 0;
            return;
        }
        uint64_t *entry = stream->entries + 2 * stream->count++;
        entry[0] = (address & 0xffffffff) | (uint64_t)size << 32;
        entry[1] = stream->cycles + *stream->counter;
        return;
    }
    uint64_t key = (address & 0xffffffff) | (uint64_t)size << 32;
    uint64_t slot = address / 2 % CACHE;
    if (stream->cache[slot].key == key && !stream->carry && stream->count < stream->capacity &&
        stream->room >= size / 2) {
        uint64_t *entry = stream->entries + 2 * stream->count++;
        entry[0] = key;
        entry[1] = stream->cycles + stream->conditional;
        stream->cycles += stream->cache[slot].executed;
        stream->room -= size / 2;
        return;
    }
    const view_t *view = stream->views, *end = view + stream->view_count;
    while (view < end && address - view->base >= view->size)
        view++;
    if (view == end)
        goto stop;
    uint64_t offset = address - view->base, executed = 0, conditional = stream->carry;
    const uint8_t *bytes = view->bytes;
    if (!conditional && (stream->count >= stream->capacity || stream->room < size / 2 ||
                         view->slow[offset >> 4] >> (offset >> 1 & 7) & 1))
        goto stop;
    for (uint64_t at = offset; at < offset + size;) {
        uint32_t word = bytes[at] | bytes[at + 1] << 8;
        if (conditional) {
            conditional--;
        } else {
            executed++;
            if (word >> 8 == 0xbf && word & 0xf) {
                if (!(view->known[at >> 4] >> (at >> 1 & 7) & 1)) {
                    stream->unknown = address + at - offset;
                    goto stop;
                }
                conditional = word & 1 ? 4 : word & 2 ? 3 : word & 4 ? 2 : 1;
            }
        }
        at += word >> 11 >= 0x1d ? 4 : 2;
    }
    uint64_t *entry = stream->entries + 2 * stream->count++;
    entry[0] = key;
    entry[1] = stream->cycles + stream->conditional;
    if (!stream->carry && !conditional) {
        stream->cache[slot].key = key;
        stream->cache[slot].executed = executed;
    }
    stream->cycles += executed;
    stream->room -= size / 2 < stream->room ? size / 2 : stream->room;
    stream->carry = conditional;
    return;
stop:
    stream->has_stopped = 1;
    stream->stop(uc);
}

/* An instruction that an IT made conditional, and whose condition held. */
ABI void conditional(void *uc, uint64_t address, uint32_t size, stream_t *stream)
{
    stream->conditional++;
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
