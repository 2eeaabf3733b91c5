# SPDX-License-Identifier: GPL-2.0-or-later
# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The machine: an M4 that really runs
#
# | | |
# |---|---|
# | You will be able to | stop the M4 anywhere, and go back from there; ask of any byte who wrote it last; read a fault; open a safe by skipping one instruction |
# | You need | [`40_boot_step_by_step`](40_boot_step_by_step.ipynb) |
# | Minutes | 20 |
# | Previous | [`40_boot_step_by_step`](40_boot_step_by_step.ipynb) |
# | Next | [`60_they_talk`](60_they_talk.ipynb) |
#
# So far the M4 was a box that says hello. In it, every instruction of the firmware is executed, and can be looked at. Here
# is a boot of `echo` under a debugger, at the very moment when OP-TEE has released the core.

# %%
from rprocbench.bench.session import Session
from rprocbench.emulator.watch import Access, Address, ExceptionTaken, Sleep
from rprocbench.lessons import check, here, opened

session: Session = opened("echo")
here(session)

# %% [markdown]
# ## Stop at a function
#
# A run goes on until something is met: an address, an access, an exception, sleep. The firmware sends its first message
# from `rpmsg_send`: which message is that, and who wants it sent? The calls tell.

# %%
from rprocbench.lessons import calls

session.run(until=[Address(session.info.symbol("rpmsg_send").da)])
calls(session)

# %% [markdown]
# ## Back
#
# `ticks` is a word of `.bss`. Let the M4 run until it sleeps, and then *backwards* until that word is written: the cursor
# stands in front of the instruction that does it, and that one has not happened yet.
#
# How? Everything that reaches the M4 from outside (what Linux writes, what interrupts it, and when) is recorded, and the M4
# does the same again whenever it is given the same. So any moment of the past is the nearest saved copy before it, executed
# up to there.

# %%
TICKS = session.info.symbol("ticks").da
session.run(until=[Sleep()])
print(session.run_back([Access(TICKS)]))
here(session)

# %%
# 50.1: going back from there, how many times was ticks written since power-on, this one included?
YOUR_ANSWER = ...
check("50.1", YOUR_ANSWER)

# %% [markdown]
# ## Who wrote it last?
#
# The question that debuggers are bad at, when several processors share a memory. The M4 reads from the resource table where
# its rings are. It did not put the addresses there, and the image did not either: there they are 0xffffffff, *any*.

# %%
from rprocbench.lessons import writers

TABLE = session.info.symbol("resource_table").da
session.goto(session.end)
writers(session, {"vring[0].da": TABLE + 100, "vring[1].da": TABLE + 120, "ticks": TICKS})

# %%
# 50.2: who wrote the first word of the vector table, at address 0: Linux, OP-TEE or M4?
YOUR_ANSWER = ...
check("50.2", YOUR_ANSWER)

# %% [markdown]
# ## A fault, explained
#
# The firmware `crash` dies as it is told to. `bus`: it reads from where nothing answers. Stop at the entry of the hard
# fault (exception 3), and ask the core what it was. From bottom to top: the load got no answer, and the core knows which
# address that was. It is a BusFault, which nobody has enabled, so it was *forced* to be a hard one.

# %%
from rprocbench.lessons import faults, talking

dying = talking("crash")
dying.machine.linux.rpmsg["rpmsg-raw"].write("bus")
print(dying.run(until=[ExceptionTaken(3)]))
faults(dying)

# %%
calls(dying)  # through the exception, to who asked for that address

# %%
dying.step_back()  # one instruction before: it is still to happen, and the address is in a register
here(dying)

# %%
# 50.3: what does CFSR hold at the hard fault, if the firmware is told "usage" instead of "bus"?
YOUR_ANSWER = ...
check("50.3", YOUR_ANSWER)

# %% [markdown]
# ## Where the time went, and where it never was
#
# Back to `echo`: say something, and ask for the cost of the whole run. Then the other way round: which lines has it not
# tried? Mostly what handles errors: each is a question to ask of a script.

# %%
from rprocbench.lessons import dearest, unreached

session.goto(session.end)
session.machine.wait_for_channel()
session.machine.say(b"hello")
dearest(session)

# %%
unreached(session)

# %% [markdown]
# ## Skip an instruction
#
# `secure_counter` guards a secret with a PIN. A glitch in the supply can make a core skip an instruction; here, one moves
# the program counter over it. These two functions decide; on the right, the lines of C that each instruction is of.

# %%
from rprocbench.lessons import Table, listing, skipping

safe = talking("secure_counter")
listing(safe, "pin_is_right", "hear")

# %% [markdown]
# `skipping(da)` says `0000`, which is wrong, and skips once. Without the branch `cbnz` it still says `wrong`: only the right
# PIN takes it. Without `str r1` as well, but that try was for free. And without `movs r3, #5` the answer is as long as what
# `r3` held before, so what lies behind `wrong` in memory is sent along.

# %%
tried = {"cbnz": 0x1000_0956, "str r1": 0x1000_094C, "movs r3, #5": 0x1000_0966}
rows = [(name, f"{da:#x}", skipping(da)) for name, da in tried.items()]
Table.of("Skipped, and answered", ("instruction", "at", "answer to 0000"), rows)

# %%
# 50.4: at which address is an instruction without which 0000 opens the safe?
YOUR_ANSWER = ...
check("50.4", YOUR_ANSWER)

# %% [markdown]
# ## Recap
#
# - What reaches the M4 is recorded; what it does with it is computed again. So back is as good as forwards.
# - The last writer of a byte may be in another world: Linux, OP-TEE and the M4 have one common time.
# - A signature says who wrote the code. It does not say that the core will execute all of it.
#
# **Three questions to take along:** Why can the past be looked at, but not written? Which of the lines above would a second
# comparison, with the answer the other way round, have saved? What else could Linux read, where no firewall keeps it out?
#
# **From a shell:** `rprocbench debug --firmware echo`, or gdb: `rprocbench gdbserver --firmware echo`. **Next:**
# [`60_they_talk`](60_they_talk.ipynb), about what goes over the border.

# %%
from rprocbench.lessons import solutions

solutions(50)
