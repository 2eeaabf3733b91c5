/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "resource_table.h"

#include <stddef.h>

#include "trace.h"

#define TYPE_TRACE 2
#define TYPE_VDEV 3
#define VIRTIO_ID_RPMSG 7
#define ADDRESS_ANY 0xFFFFFFFFUL

_Static_assert(sizeof(struct trace_entry) == 48, "as Linux reads it");
_Static_assert(sizeof(struct vdev_entry) == 28 + 2 * 20, "as Linux reads it");
_Static_assert(sizeof(struct resource_table) == 140, "as Linux reads it");

/*
 * The section's name is how Linux and OP-TEE find the table in the file, its address how Linux
 * finds it in memory once it is loaded.
 */
__attribute__((section(".resource_table"), used)) volatile struct resource_table resource_table = {
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
        .dfeatures = RPMSG_FEATURE_NS,
        .num_of_vrings = 2,
        .vring = {
            {.da = ADDRESS_ANY, .align = 16, .num = 16, .notifyid = 0},
            {.da = ADDRESS_ANY, .align = 16, .num = 16, .notifyid = 1},
        },
    },
};
