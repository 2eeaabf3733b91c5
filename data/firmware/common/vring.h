/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A legacy split virtqueue, seen by the device: Linux offers buffers, we use and return them. */
#ifndef VRING_H
#define VRING_H

#include <stdbool.h>
#include <stdint.h>

/* Linux writes this one ... */
struct vring_desc {
    uint32_t addr, addr_high;
    uint32_t len;
    uint16_t flags, next;
};

/* ... and this one ... */
struct vring_avail {
    uint16_t flags, idx, ring[];
};

struct vring_used_elem {
    uint32_t id, len;
};

/* ... and we write this one. */
struct vring_used {
    uint16_t flags, idx;
    struct vring_used_elem ring[];
};

/* Whose bytes the buffers of a ring carry. */
enum vring_use { VRING_WE_WRITE, VRING_WE_READ };

struct vring {
    enum vring_use use;
    uint32_t channel; /* the doorbell that goes with it */
    uint32_t num;     /* a power of two; 0 once the ring is given up */
    uint16_t count;   /* buffers returned so far, which are also the buffers taken */
    const volatile struct vring_desc *desc;
    const volatile struct vring_avail *avail;
    volatile struct vring_used *used;
};

struct vring_buffer {
    uint16_t head;
    uint32_t size;
    void *bytes;
};

bool vring_open(struct vring *ring, uint32_t da, uint32_t num, uint32_t align);
void vring_spare_kicks(struct vring *ring); /* ask Linux not to ring when it adds buffers */
bool vring_peek(struct vring *ring, struct vring_buffer *buffer);
void vring_return(struct vring *ring, const struct vring_buffer *buffer);

#endif
