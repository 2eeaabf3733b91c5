/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What this firmware asks of Linux, and where Linux answers. */
#ifndef RESOURCE_TABLE_H
#define RESOURCE_TABLE_H

#include <stdint.h>

struct trace_entry {
    uint32_t type;
    uint32_t da, len, reserved;
    char name[32];
};

struct vdev_vring {
    uint32_t da, align, num, notifyid, pa;
};

struct vdev_entry {
    uint32_t type;
    uint32_t id, notifyid, dfeatures, gfeatures, config_len;
    uint8_t status, num_of_vrings, reserved[2];
    struct vdev_vring vring[2];
};

struct resource_table {
    uint32_t ver, num, reserved[2], offset[2];
    struct trace_entry trace;
    struct vdev_entry vdev;
};

#define VDEV_STATUS_DRIVER_OK 4  /* the rings are laid, and may be used */
#define RPMSG_FEATURE_NS 1UL     /* name service announcements are understood */

/* Volatile: Linux writes da, notifyid, gfeatures and status, before our start and after. */
extern volatile struct resource_table resource_table;

#endif
