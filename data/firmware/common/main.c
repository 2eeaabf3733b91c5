/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One loop: sleep until something happens, then look at what it was. */
#include <stdbool.h>

#include "app.h"
#include "cortex_m4.h"
#include "events.h"
#include "ipcc.h"
#include "resource_table.h"
#include "rpmsg.h"
#include "tick.h"
#include "trace.h"

__attribute__((weak)) void app_start(void)
{
}

__attribute__((weak)) void app_turn(uint32_t events)
{
    (void)events;
}

static bool linux_is_ready(void)
{
    return resource_table.vdev.status & VDEV_STATUS_DRIVER_OK;
}

static bool connect(void)
{
    memory_barrier(); /* the rings were laid before the status said so */
    trace("vdev ready after %u ms", tick_uptime_ms());
    tick_release(TICK_FOR_LINUX); /* from here on Linux rings when it wants something */
    if (!rpmsg_open())
        return false;
    if (resource_table.vdev.dfeatures & resource_table.vdev.gfeatures & RPMSG_FEATURE_NS)
        for (uint32_t i = 0; app_endpoints[i]; i++)
            rpmsg_announce(app_endpoints[i]);
    events_post_again(BIT(CHANNEL_VRING1)); /* Linux may have spoken first */
    return true;
}

/* Linux waits for the channel to be free, and then takes the core away: so that comes last. */
static _Noreturn void shut_down(void)
{
    trace("shutdown requested");
    tick_stop();
    ipcc_stop();
    ipcc_acknowledge(CHANNEL_SHUTDOWN);
    sleep_forever();
}

static void detach(void)
{
    trace("detached");
    tick_want(TICK_FOR_LINUX); /* for the day Linux comes back */
    ipcc_acknowledge(CHANNEL_DETACH);
}

int main(void)
{
    bool connected = false;

    trace("starting");
    ipcc_start();
    tick_want(TICK_FOR_LINUX);
    app_start();
    for (;;) {
        uint32_t events = events_wait();

        if (events & BIT(CHANNEL_SHUTDOWN))
            shut_down();
        if (events & BIT(CHANNEL_DETACH)) {
            connected = false;
            detach();
        }
        if (!connected && linux_is_ready())
            connected = connect();
        /* One message a turn, so that a talkative Linux cannot keep us from hearing a request. */
        else if (connected && (events & BIT(CHANNEL_VRING1)) && rpmsg_receive(app_endpoints))
            events_post_again(BIT(CHANNEL_VRING1));
        app_turn(events);
    }
}
