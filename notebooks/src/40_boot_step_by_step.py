# SPDX-License-Identifier: GPL-2.0-or-later
# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A boot, step by step
#
# | | |
# |---|---|
# | You will be able to | walk through a boot in both directions; tell who is in which state at any moment; predict what a failing call undoes, and what a recovery leaves out |
# | You need | [`30_signature_chain`](30_signature_chain.ipynb) |
# | Minutes | 25 |
# | Previous | [`30_signature_chain`](30_signature_chain.ipynb) |
# | Next | [`50_the_machine`](50_the_machine.ipynb) |
#
# Four parties take part in a secure boot, and each keeps a state of its own: Linux's `rproc`, the trusted application (TA),
# the pseudo TA that owns the hardware (PTA), and the M4. Most bugs here are two of them disagreeing. So watch them move.

# %%
from rprocbench import At, Bench, Errno, Fail, demo_image
from rprocbench.lessons import check, commands, labels, play, states

run = Bench().boot(demo_image(), name="echo.sign")

# %% [markdown]
# ## Walk through it
#
# Run this cell and use the buttons, the slider, or ← → Home End. The right side shows what each step changed. Without a
# running kernel the same steps stand below as a table.

# %%
from rprocbench.views.stepper import Stepper

stepper = Stepper(run.trace, "echo.sign through v22")
stepper

# %% [markdown]
# ## Who is in which state
#
# Each line is a moment at which one state changed. Compare the columns: Linux is the last to say that the M4 runs, and the
# last to say that it does not.

# %%
states(run)

# %%
# 40.1: in which state does Linux hold the processor at the moment the M4 begins to run?
YOUR_ANSWER = ...
check("40.1", YOUR_ANSWER)

# %% [markdown]
# ## The states as diagrams
#
# Drawn from the tables that the models obey: what this run took, what it could have taken, and what was refused. When the
# cell has run, the diagrams follow the stepper above, and a click on an arrow takes the stepper to its event.

# %%
from rprocbench.views.cursor import linked
from rprocbench.views.states_live import States

diagrams = States(run.trace)
links = linked(stepper, diagrams)
diagrams

# %% [markdown]
# ## What crosses the border
#
# Linux sends the TA few commands, in this order. `LOAD` is there twice: `parse_fw` needs it for the resource table, and
# `load` repeats it because a recovery never parses. Does the TA do the work twice?

# %%
" ".join(commands(run))

# %%
# 40.2: how many times is the signature verified in this boot?
YOUR_ANSWER = ...
check("40.2", YOUR_ANSWER)

# %% [markdown]
# ## What a failing call undoes
#
# C has a ladder of labels at the end of a function; an error jumps to the rung that fits and falls through the others.
# Let the last step fail, and read how the boot climbs back down. The innermost function comes first.

# %%
failing = Bench().boot(demo_image(), script={At("rproc_tee_start"): Fail(Errno.EIO)})
labels(failing), " ".join(commands(failing))

# %%
# 40.3: give a script that makes the boot go past unprepare_rproc, but not past clean_up_resources.
YOUR_ANSWER = ...
check("40.3", YOUR_ANSWER)

# %% [markdown]
# ## Crash and recovery
#
# The watchdog bites. Linux says CRASHED, stops what is left of the M4, and starts it again, but not by the way it came:
# mappings, carveouts and rings stay, and the image is not parsed. So the TA must be asked to load by somebody else.

# %%
crashed = play("v22", "recovery")
states(crashed)

# %%
" ".join(commands(crashed))

# %%
# 40.4: which of these does a recovery not call? request_firmware, rproc_start, rproc_stop,
# rproc_prepare_device, rproc_tee_load_fw
YOUR_ANSWER = ...
check("40.4", YOUR_ANSWER)

# %% [markdown]
# ## Recap
#
# - The M4 runs before Linux says RUNNING; states are written when the work is done, not when it begins.
# - A label stands where its resource is taken, so what an error undoes can be read off from where it happens.
# - Recovery is a shorter way, and every design must be right on both.
#
# **Three questions to take along:** Who would notice if the TA said LOADED and Linux OFFLINE? What does `RELEASE` clear that
# `STOP` does not? Which of the ways above sends no `RELEASE`?
#
# **Next:** [`50_the_machine`](50_the_machine.ipynb), where the M4 itself is stepped through; or at once to
# [`70_the_seed_argument`](70_the_seed_argument.ipynb), an argument about exactly these steps.

# %%
from rprocbench.lessons import solutions

solutions(40)
