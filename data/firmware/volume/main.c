/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An echo for bulk: no log, words instead of bytes, and as few doorbells as it is told to ring.
 *
 * It answers only while Linux has lent it a buffer to answer in. What it cannot answer yet stays in
 * the ring, so that a talkative Linux is held up, and nothing is lost.
 */
#include <stdbool.h>
#include <stdint.h>

#include "cortex_m4.h"
#include "events.h"
#include "ipcc.h"
#include "table.h"
#include "tick.h"
#include "vring.h"

#define NO_KICK 1 /* in either ring's flags */
#define FEATURE_EVENT_IDX BIT(29)
#define ME 0x400
#define NAME_SERVICE 53

struct message {
    uint32_t src, dst, reserved;
    uint16_t len, flags;
    uint32_t words[];
};

static struct vring answers = {.channel = CHANNEL_VRING0}; /* Linux's input */
static struct vring requests = {.channel = CHANNEL_VRING1};
static bool by_index;                 /* doorbells by index, which leaves out most of them */
static uint16_t answers_told, requests_told; /* up to where Linux was told of what it got back */

static void open(struct vring *ring)
{
    const volatile struct vdev_vring *told = &table.usual.vdev.vring[ring->channel];
    uint32_t avail = told->da + sizeof(struct vring_desc) * told->num;
    uint32_t used = (avail + 2 * (3 + told->num) + told->align - 1) & -told->align;

    ring->num = told->num;
    ring->count = 0;
    ring->desc = (const volatile struct vring_desc *)told->da;
    ring->avail = (const volatile struct vring_avail *)avail;
    ring->used = (volatile struct vring_used *)used;
}

static bool is_empty(const struct vring *ring)
{
    return ring->avail->idx == ring->count;
}

static struct message *next(const struct vring *ring, struct vring_buffer *buffer)
{
    uint16_t head = ring->avail->ring[ring->count & (ring->num - 1)];

    *buffer = (struct vring_buffer){head, ring->desc[head].len, (void *)ring->desc[head].addr};
    return buffer->bytes;
}

/* Each side may say in flags that it wants no doorbell, or, agreed on, at which index it wants one. */
static volatile uint16_t *event_for_linux(const struct vring *ring)
{
    return (volatile uint16_t *)&ring->used->ring[ring->num];
}

static bool wants_kick(const struct vring *ring, uint16_t before)
{
    if (!by_index)
        return !(ring->avail->flags & NO_KICK);
    return (uint16_t)(ring->count - ring->avail->ring[ring->num] - 1) <
           (uint16_t)(ring->count - before);
}

/* Say whether Linux shall ring for what it puts into the ring from now on. */
static void want_kicks(const struct vring *ring, bool want)
{
    if (!by_index)
        ring->used->flags = want ? 0 : NO_KICK;
    else if (want)
        *event_for_linux(ring) = ring->count;
    else
        *event_for_linux(ring) = ring->count - 1; /* which has passed */
    memory_barrier();
}

static void pay(const struct vring *ring, uint16_t *told)
{
    if (ring->count != *told && wants_kick(ring, *told))
        ipcc_ring(ring->channel);
    *told = ring->count;
}

static void give_back(struct vring *ring, const struct vring_buffer *buffer, uint16_t *told)
{
    volatile struct vring_used_elem *elem = &ring->used->ring[ring->count & (ring->num - 1)];

    elem->id = buffer->head;
    elem->len = buffer->size;
    memory_barrier();
    ring->used->idx = ++ring->count;
    memory_barrier();
    if (!table.coalesce)
        pay(ring, told);
}

static void echo(void)
{
    struct vring_buffer from, to;
    const struct message *request = next(&requests, &from);
    struct message *answer = next(&answers, &to);

    answer->src = request->dst;
    answer->dst = request->src;
    answer->reserved = 0;
    answer->len = request->len;
    answer->flags = 0;
    for (uint32_t i = 0; i < (request->len + 3u) / 4; i++)
        answer->words[i] = request->words[i];
    give_back(&answers, &to, &answers_told);
    give_back(&requests, &from, &requests_told);
}

/* Linux needs not ring when it lends buffers, except while we are out of them. */
static bool must_wait(void)
{
    if (!is_empty(&answers))
        return false;
    want_kicks(&answers, true);
    if (is_empty(&answers))
        return true;
    want_kicks(&answers, false);
    return false;
}

static void answer_all(void)
{
    want_kicks(&answers, false);
    do {
        want_kicks(&requests, !table.coalesce);
        while (!is_empty(&requests) && !must_wait())
            echo();
        pay(&answers, &answers_told);
        pay(&requests, &requests_told);
        want_kicks(&requests, true);
    } while (!is_empty(&requests) && !is_empty(&answers));
}

static void announce(void)
{
    static const char name[] = "rpmsg-raw";
    struct vring_buffer to;
    struct message *message = next(&answers, &to);
    char *text = (char *)message->words;

    *message = (struct message){.src = NAME_SERVICE, .dst = NAME_SERVICE, .len = 40};
    for (uint32_t i = 0; i < 32; i++)
        text[i] = i < sizeof name ? name[i] : 0;
    message->words[8] = ME;
    message->words[9] = 0;
    give_back(&answers, &to, &answers_told);
    pay(&answers, &answers_told);
}

int main(void)
{
    bool connected = false;

    ipcc_start();
    tick_want(TICK_FOR_LINUX); /* its doorbell may have come before us: look at the status, too */
    for (;;) {
        uint32_t events = events_wait();

        if (events & BIT(CHANNEL_SHUTDOWN)) {
            tick_stop();
            ipcc_stop();
            ipcc_acknowledge(CHANNEL_SHUTDOWN);
            sleep_forever();
        }
        if (events & BIT(CHANNEL_DETACH)) {
            connected = false;
            tick_want(TICK_FOR_LINUX);
            ipcc_acknowledge(CHANNEL_DETACH);
        }
        if (!connected && table.usual.vdev.status & VDEV_STATUS_DRIVER_OK) {
            connected = true;
            tick_release(TICK_FOR_LINUX);
            open(&answers);
            open(&requests);
            by_index = table.usual.vdev.gfeatures & FEATURE_EVENT_IDX;
            answers_told = requests_told = 0;
            announce();
        }
        if (connected)
            answer_all();
    }
}
