/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Everything here was written by somebody else, and may change while we look at it: each word is
 * read once, checked, and only then used. A ring that makes no sense is given up, as Linux does
 * with its own.
 *
 * Buffers are returned one at a time, in the order they came. So one counter serves both rings.
 */
#include "vring.h"

#include "cortex_m4.h"
#include "ipcc.h"
#include "trace.h"

#define AVAIL_NO_INTERRUPT 1
#define USED_NO_NOTIFY 1
#define DESC_WRITE 2 /* the device, that is we, may write */

#define NUM_MAX 256
#define ALIGN_MAX 4096

extern uint8_t __shared_start[], __shared_end[];

static bool is_shared(uint32_t address, uint32_t size)
{
    uint32_t room = (uint32_t)(__shared_end - __shared_start);
    uint32_t at = address - (uint32_t)__shared_start; /* wraps if below, and is too big then */

    return at <= room && size <= room - at;
}

static bool is_power_of_two(uint32_t n)
{
    return n != 0 && (n & (n - 1)) == 0;
}

bool vring_open(struct vring *ring, uint32_t da, uint32_t num, uint32_t align)
{
    ring->num = 0;
    ring->count = 0;
    if (!is_power_of_two(num) || num > NUM_MAX || !is_power_of_two(align) || align > ALIGN_MAX)
        return false;

    uint32_t avail = sizeof(struct vring_desc) * num;
    uint32_t avail_size = 2 * (3 + num); /* flags, idx, ring, event */
    uint32_t used = (avail + avail_size + align - 1) & -align;
    uint32_t end = used + 2 * 3 + sizeof(struct vring_used_elem) * num;

    if (da % 16 != 0 || used % 4 != 0 || !is_shared(da, end))
        return false;
    ring->num = num;
    ring->desc = (const volatile struct vring_desc *)da;
    ring->avail = (const volatile struct vring_avail *)(da + avail);
    ring->used = (volatile struct vring_used *)(da + used);
    return true;
}

void vring_spare_kicks(struct vring *ring)
{
    ring->used->flags = USED_NO_NOTIFY;
}

static bool give_up(struct vring *ring, const char *why, uint32_t value)
{
    trace("vring %u given up: %s %x", ring->channel, why, value);
    ring->num = 0;
    return false;
}

/* The next buffer Linux offers, left in the ring; false if there is none. */
bool vring_peek(struct vring *ring, struct vring_buffer *buffer)
{
    if (ring->num == 0)
        return false;

    uint16_t offered = ring->avail->idx - ring->count;

    if (offered == 0)
        return false;
    if (offered > ring->num)
        return give_up(ring, "more buffers than it holds:", offered);
    memory_barrier(); /* what idx announces is only there after it */

    uint16_t head = ring->avail->ring[ring->count % ring->num];

    if (head >= ring->num)
        return give_up(ring, "no such descriptor:", head);

    uint32_t addr = ring->desc[head].addr;
    uint32_t size = ring->desc[head].len;
    uint16_t flags = ring->desc[head].flags;

    if (flags != (ring->use == VRING_WE_WRITE ? DESC_WRITE : 0))
        return give_up(ring, "unexpected flags:", flags);
    if (ring->desc[head].addr_high != 0 || addr % 4 != 0 || !is_shared(addr, size))
        return give_up(ring, "buffer outside shared memory:", addr);
    *buffer = (struct vring_buffer){head, size, (void *)addr};
    return true;
}

/*
 * Linux takes the length for what it may read, never for more than the buffer; like OpenAMP we
 * name the whole buffer and let the message's own header say the rest.
 */
void vring_return(struct vring *ring, const struct vring_buffer *buffer)
{
    volatile struct vring_used_elem *elem = &ring->used->ring[ring->count % ring->num];

    elem->id = buffer->head;
    elem->len = buffer->size;
    memory_barrier();
    ring->used->idx = ++ring->count;
    memory_barrier(); /* or Linux and we could both decide that the other one is awake */
    if (!(ring->avail->flags & AVAIL_NO_INTERRUPT))
        ipcc_ring(ring->channel);
}
