/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Over the two rings of the vdev: a header that says from whom, to whom and how long, then that
 * many bytes.
 */
#include "rpmsg.h"

#include "ipcc.h"
#include "memory.h"
#include "resource_table.h"
#include "trace.h"
#include "vring.h"

struct rpmsg_header {
    uint32_t src, dst, reserved;
    uint16_t len, flags;
};

/* Linux makes a channel of this, and looks for a driver by its name. */
struct name_service {
    char name[32];
    uint32_t address;
    uint32_t flags;
};

#define NAME_SERVICE_CREATE 0
#define NAME_SERVICE_DESTROY 1

#define NAME_SERVICE_ADDRESS 53

/* The roles are fixed: ring 0 is Linux's input, ring 1 its output. */
static struct vring send_ring = {.use = VRING_WE_WRITE, .channel = CHANNEL_VRING0};
static struct vring receive_ring = {.use = VRING_WE_READ, .channel = CHANNEL_VRING1};

static bool open_ring(struct vring *ring)
{
    const volatile struct vdev_vring *told = &resource_table.vdev.vring[ring->channel];
    uint32_t da = told->da;

    if (vring_open(ring, da, told->num, told->align))
        return true;
    trace("vring %u at %x is no use", ring->channel, da);
    return false;
}

bool rpmsg_open(void)
{
    if (!open_ring(&send_ring) || !open_ring(&receive_ring))
        return false;
    vring_spare_kicks(&send_ring); /* a send looks for a buffer, and never waits for one */
    return true;
}

bool rpmsg_send(uint32_t from, uint32_t to, const void *payload, uint32_t length)
{
    struct vring_buffer buffer;

    if (!vring_peek(&send_ring, &buffer)) {
        trace("no buffer: dropped %u bytes for %x", length, to);
        return false;
    }

    struct rpmsg_header header = {.src = from, .dst = to, .len = (uint16_t)length};

    if (length > RPMSG_PAYLOAD_MAX || buffer.size < sizeof header + length) {
        trace("too long: dropped %u bytes for %x", length, to);
        return false; /* the buffer was only looked at, and is there for the next message */
    }
    memcpy(buffer.bytes, &header, sizeof header);
    memcpy((uint8_t *)buffer.bytes + sizeof header, payload, length);
    vring_return(&send_ring, &buffer);
    return true;
}

static bool name_service(const struct rpmsg_endpoint *endpoint, uint32_t flags)
{
    struct name_service message = {.address = endpoint->address, .flags = flags};

    for (uint32_t i = 0; i < sizeof message.name - 1 && endpoint->name[i]; i++)
        message.name[i] = endpoint->name[i];
    return rpmsg_send(NAME_SERVICE_ADDRESS, NAME_SERVICE_ADDRESS, &message, sizeof message);
}

void rpmsg_announce(const struct rpmsg_endpoint *endpoint)
{
    if (name_service(endpoint, NAME_SERVICE_CREATE))
        trace("announced %s at %x", endpoint->name, endpoint->address);
}

void rpmsg_retract(const struct rpmsg_endpoint *endpoint)
{
    if (name_service(endpoint, NAME_SERVICE_DESTROY))
        trace("retracted %s at %x", endpoint->name, endpoint->address);
}

static const struct rpmsg_endpoint *find(const struct rpmsg_endpoint *const endpoints[],
                                         uint32_t address)
{
    while (*endpoints && (*endpoints)->address != address)
        endpoints++;
    return *endpoints;
}

static void deliver(const struct rpmsg_endpoint *const endpoints[],
                    const struct vring_buffer *buffer)
{
    const struct rpmsg_endpoint *endpoint;
    struct rpmsg_header header;

    if (buffer->size < sizeof header) {
        trace("ignored a buffer of %u bytes", buffer->size);
        return;
    }
    /* A copy, so that what is checked is also what is used: Linux could still write to it. */
    memcpy(&header, buffer->bytes, sizeof header);
    endpoint = find(endpoints, header.dst);
    if (header.len > RPMSG_PAYLOAD_MAX || header.len > buffer->size - sizeof header)
        trace("ignored %u bytes in a buffer of %u", header.len, buffer->size);
    else if (!endpoint)
        trace("ignored %u bytes: nobody at %x", header.len, header.dst);
    else
        endpoint->hear(endpoint, header.src, (uint8_t *)buffer->bytes + sizeof header, header.len);
}

bool rpmsg_receive(const struct rpmsg_endpoint *const endpoints[])
{
    struct vring_buffer buffer;

    if (!vring_peek(&receive_ring, &buffer))
        return false;
    deliver(endpoints, &buffer);
    vring_return(&receive_ring, &buffer); /* whatever came of it, or Linux would run out of them */
    return true;
}
