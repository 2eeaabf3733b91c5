/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECHO_H
#define ECHO_H

#include "rpmsg.h"

extern const struct rpmsg_endpoint echo;

#endif
