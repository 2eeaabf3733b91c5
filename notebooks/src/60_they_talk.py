# SPDX-License-Identifier: GPL-2.0-or-later
# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # They talk: rings, buffers and messages
#
# | | |
# |---|---|
# | You will be able to | say whose a buffer is at any moment; follow one message there and back; tell what a full ring, a race, a lie and a crash do to it |
# | You need | [`40_boot_step_by_step`](40_boot_step_by_step.ipynb); [`50_the_machine`](50_the_machine.ipynb) helps |
# | Minutes | 20 |
# | Previous | [`50_the_machine`](50_the_machine.ipynb) |
# | Next | [`70_the_seed_argument`](70_the_seed_argument.ipynb) |
#
# The resource table asks for a *vdev*: two rings in shared memory, each of 16 buffers of 512 bytes. In one the M4 sends, in
# the other Linux does. All the buffers are Linux's, and both rings work the same way: Linux *lends* a buffer, the M4 *gives
# it back*. Only what is in it meanwhile differs: a question, or room for an answer.

# %%
from rprocbench import show
from rprocbench.lessons import Table, check, running, said, story_of

machine = running("echo")
trace = machine.run.trace
port = machine.linux.rpmsg["rpmsg-raw"]
port.write("hello"), port.read(), port.path

# %% [markdown]
# ## There and back
#
# Message 1 was the firmware's announcement, message 2 is ours. Its answer has the same number. Every step stands in the
# trace: what a program, a driver, a ring and a doorbell each contribute.

# %%
from rprocbench.views.ways import way_of

way = way_of(trace, 2)
head = ("event", "by", "step", "where", "which means")
Table.of("Message 2", head, [(s.index, s.lane, s.what, s.where, s.meaning) for s in way])

# %% [markdown]
# ## Whose is which buffer?
#
# Both rings as their bytes were when the M4 had just answered. The answer is *given back*, and Linux does not know yet. The
# question is still the M4's: it returns that buffer when it has done with it.

# %%
from rprocbench.views.rings import rings

at = {s.what.split()[0]: s.index for s in way}
show(rings(trace, at["answered"]))

# %% [markdown]
# And at several moments, in short. The steps between `written` and `published` change nothing: what counts is the index.

# %%
rows = []
for step in ("written", "described", "published", "answered", "taken", "read"):
    sends, hears = (queue.owners for queue in rings(trace, at[step]).queues)
    rows.append((step, *sends.values(), *hears.values()))
head = ("after", *(f"{name}: {whose}" for name in ("M4 sends", "Linux sends") for whose in sends))
Table.of("Buffers, and who has them", head, rows)

# %%
# 60.1: how many of the 32 buffers has the M4 when the doorbell rings for message 2 (at["kicked"])?
YOUR_ANSWER = ...
check("60.1", YOUR_ANSWER)

# %% [markdown]
# ## When the ring is full
#
# Nothing slows a sender down but the number of buffers. While one program writes without a pause, the M4 has no time to
# give any back; who does not want to wait is told to try again later. Nothing is lost: all of it is answered.

# %%
from rprocbench.lessons import fill_up

machine.settle()
count, error = fill_up(machine, "rpmsg-raw")
full = rings(trace).queues[1].owners
count, error, full, len(list(port))

# %%
# 60.2: the firmware two_endpoints also has a terminal, "rpmsg-tty". With which error does it refuse?
YOUR_ANSWER = ...
check("60.2", YOUR_ANSWER)

# %% [markdown]
# ## Two channels on one pair of rings
#
# A channel is no wire. It is a bargain over two addresses, which each message carries in its header: so any number of
# channels fit into one pair of rings. The firmware announces a name with *create*, and Linux makes a file of it; `bye` makes
# this one send a *destroy*, and the file has nobody behind it.

# %%
both = running("two_endpoints")
rpmsg = both.linux.rpmsg
mirror = rpmsg["rpmsg-raw"]
before = {port.path: (port.name, *map(hex, port.addresses)) for port in rpmsg.ports()}
mirror.write("pots"), rpmsg["rpmsg-tty"].write("pots")
heard = mirror.read(), rpmsg["rpmsg-tty"].read()
mirror.write("bye")
both.settle()
before, heard, {port.path: port.name for port in rpmsg.ports()}, mirror.is_open

# %%
# 60.3: the program still has the mirror's file open. What does write(2) report?
YOUR_ANSWER = ...
check("60.3", YOUR_ANSWER)

# %% [markdown]
# ## A race
#
# Linux writes the addresses of the rings into the table when its virtio driver comes up, and by then the core runs already.
# `echo` waits for that; `late_vring` reads the table at once. Mostly Linux wins. `Outrun(20)` is a disturbance like any
# other: before a call of Linux, the M4 gets 20 ms to itself. Here it does no harm, since the M4 does not run yet:

# %%
from rprocbench import At
from rprocbench.bench.race import Outrun

late = running("late_vring", {At("stm32_rproc_start"): Outrun(20)})
said(late)

# %%
# 60.4: before which function of Linux must the M4 be so quick, for it to read 0xffffffff? (its name)
YOUR_ANSWER = ...
check("60.4", YOUR_ANSWER)

# %% [markdown]
# ## Lies
#
# Shared memory belongs to both, and each can write whatever it likes. `echo` believes no descriptor: what points outside
# makes it give the ring up. And Linux? It checks indices, and trusts lengths: 7.3 hands a program bytes that nobody meant
# for it, or reads on to where nothing is mapped. *Hardened* is no kernel that there is, but what a careful one would do.

# %%
from rprocbench.lessons import lies

lies("desc-outside", "used-id-range", "used-zero-leak", "used-zero-far")

# %% [markdown]
# ## A crash in the middle
#
# The firmware `crash` again, seen from Linux. The M4 stops feeding its watchdog; half a second later that bites. Recovery
# takes the channels down, has the image loaded anew, and what is announced then is a *new* channel: a program must open it
# again, and what was in the old one is lost. (The M4's lines are noted when its turn is over, so its last words stand
# behind the bite.)

# %%
dying = running("crash")
old, mark = dying.linux.rpmsg["rpmsg-raw"], len(dying.run.trace)
old.write("bus")
dying.wait(lambda: not old.is_open, 3000)
new = dying.linux.rpmsg.wait_for("rpmsg-raw")
new.write("again")
print(f"the old file: {old.is_open}, the new one: {new.read()}")
story_of(dying, mark)

# %% [markdown]
# ## Recap
#
# - Whoever may write a buffer next, owns it; an index says so, and the doorbell only makes the other one look.
# - Sixteen buffers are all the flow control there is; what is refused is not lost, it was never sent.
# - Both sides read what the other may write. Whose checks are missing decides who is misled.
#
# **Three questions to take along:** Why may the M4 not use a buffer again that it has given back? What would an answer need
# for nobody to have to guess its question? Who should reset the addresses in the table before a recovery?
#
# **From a shell:** `rprocbench boot data/firmware/echo/echo.sign --message hello`, `rprocbench review --wire`. **Next:**
# [`70_the_seed_argument`](70_the_seed_argument.ipynb).

# %%
from rprocbench.lessons import solutions

solutions(60)
