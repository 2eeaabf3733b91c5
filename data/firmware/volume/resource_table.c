/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rings of 256: 512 buffers, which is the most that Linux makes. Whoever wants fewer changes `num`
 * in the file, which OP-TEE would notice in a signed image.
 */
#include <stddef.h>

#include "table.h"
#include "trace.h"

#define TYPE_TRACE 2
#define TYPE_VDEV 3
#define VIRTIO_ID_RPMSG 7
#define ADDRESS_ANY 0xFFFFFFFFUL

__attribute__((section(".resource_table"), used)) volatile struct volume_table table = {
    .usual = {
        .ver = 1,
        .num = 2,
        .offset = {offsetof(struct resource_table, trace), offsetof(struct resource_table, vdev)},
        .trace = {
            .type = TYPE_TRACE,
            .da = (uint32_t)cm4_log,
            .len = TRACE_SIZE,
            .name = "cm4_log",
        },
        .vdev = {
            .type = TYPE_VDEV,
            .id = VIRTIO_ID_RPMSG,
            .dfeatures = RPMSG_FEATURE_NS | 1UL << 29, /* event indices */
            .config_len = sizeof(uint32_t),
            .num_of_vrings = 2,
            .vring = {
                {.da = ADDRESS_ANY, .align = 16, .num = 256, .notifyid = 0},
                {.da = ADDRESS_ANY, .align = 16, .num = 256, .notifyid = 1},
            },
        },
    },
    .coalesce = 1,
};
