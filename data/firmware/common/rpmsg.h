/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages between endpoints, over the two rings of the vdev. */
#ifndef RPMSG_H
#define RPMSG_H

#include <stdbool.h>
#include <stdint.h>

#define RPMSG_PAYLOAD_MAX 496 /* what Linux's buffers of 512 bytes leave beside the header */

struct rpmsg_endpoint {
    const char *name;
    uint32_t address;
    void (*hear)(const struct rpmsg_endpoint *self, uint32_t from, const void *payload,
                 uint32_t length); /* payload lies in a shared buffer, and only until it returns */
};

bool rpmsg_open(void);
void rpmsg_announce(const struct rpmsg_endpoint *endpoint);
void rpmsg_retract(const struct rpmsg_endpoint *endpoint); /* Linux removes the channel */
bool rpmsg_send(uint32_t from, uint32_t to, const void *payload, uint32_t length);

/* One message, to whom it is addressed; false if none came. `endpoints` ends with a null pointer. */
bool rpmsg_receive(const struct rpmsg_endpoint *const endpoints[]);

#endif
