/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Something worth protecting: a secret behind a PIN, with three tries. The check is written as
 * people write it, one comparison and one branch; whoever can skip an instruction, or flip a bit
 * of `tries`, need not know the PIN.
 */
#include <stdbool.h>

#include "app.h"
#include "memory.h"
#include "trace.h"

#define TRIES 3
#define PIN_LENGTH 4

static uint8_t pin[PIN_LENGTH] = {'4', '7', '1', '1'};
static const char secret[] = "the treasure is under the third board";
static uint32_t tries = TRIES;
static uint32_t opened; /* the counter */

bool __attribute__((noinline)) pin_is_right(const uint8_t *given)
{
    return memcmp(given, pin, PIN_LENGTH) == 0;
}

static void answer(const struct rpmsg_endpoint *self, uint32_t to, const char *text,
                   uint32_t length)
{
    rpmsg_send(self->address, to, text, length);
}

static void hear(const struct rpmsg_endpoint *self, uint32_t from, const void *payload,
                 uint32_t length)
{
    if (tries == 0) {
        trace("locked");
        answer(self, from, "locked", 6);
        return;
    }
    tries--; /* first, so that who cuts the power after a wrong guess has still used it up */
    if (length != PIN_LENGTH || !pin_is_right(payload)) {
        trace("wrong, %u tries left", tries);
        answer(self, from, "wrong", 5);
        return;
    }
    tries = TRIES;
    trace("opened %u times", ++opened);
    answer(self, from, secret, sizeof secret - 1);
}

static const struct rpmsg_endpoint safe = {.name = "rpmsg-raw", .address = 0x400, .hear = hear};

const struct rpmsg_endpoint *const app_endpoints[] = {&safe, 0};
