# SPDX-License-Identifier: GPL-2.0-or-later
# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The argument: where does a signed firmware get loaded?
#
# | | |
# |---|---|
# | You will be able to | state the problem in two sentences; run three answers to it and the one that came of them; say what each costs, and show with one failing call where it breaks |
# | You need | [`40_boot_step_by_step`](40_boot_step_by_step.ipynb) |
# | Minutes | 30 |
# | Previous | [`60_they_talk`](60_they_talk.ipynb) |
# | Next | [`90_debug_my_image`](90_debug_my_image.ipynb) |
#
# **The problem.** Linux wants the resource table early, to have memory and rings ready before it loads. But in a signed image
# nothing may be believed before OP-TEE has authenticated it, and OP-TEE authenticates what it *loads*. So the load must come
# first, into a sequence made for it to come late. In winter 2024 author and maintainer went through three answers on the
# list. Each is a patch here, and runs.

# %%
from rprocbench import DESIGNS, At, Bench, Errno, Fail, demo_image, show, with_flipped_byte
from rprocbench.lessons import after_a_fault, boot, broken, check, commands, orders, play, states

image = demo_image()

# %% [markdown]
# ## One picture of it all
#
# Each column is a clean boot, one step below the other. Look where **▶ LOAD** stands, and that mainline's column has its
# `load` near the end.
#
# - `v2`: *a flag.* The first hook that sees the image loads it; a flag keeps the later one from loading again.
# - `seed-ext-boot`: *a boot op.* The driver loads and starts by itself; the core prepares afterwards.
# - `seed-request-fw`: *two requests.* Ask the file system for the image, then at once the TEE; the rest stays as it was.
# - `v22`: the latest version, of April 2026. `parse_fw` loads, for the table; `load` loads again, for the recovery; errors *release*.

# %%
orders(*DESIGNS)

# %% [markdown]
# ## First answer: a flag in the driver (`v2`)
#
# A check of a signed image *is* a load, so the load goes into `sanity_check`, and `fw_loaded` tells `load` that it is done.
# The core is not touched: its beauty. The objection: a flag is a state beside the state, which somebody must keep true, on
# every way out. The column above shows that it works, as long as nothing fails.
#
# Now let an allocation fail, late in the boot. Linux undoes what it took; but who undoes the load? There is no hook for it,
# and the TA had no command for it then. The review, which asks every run the same questions, names what is left:

# %%
late = {At("rproc_alloc_registered_carveouts"): Fail(Errno.ENOMEM)}
broken(boot("v2", late))

# %% [markdown]
# ## Second answer: a boot op (`seed-ext-boot`)
#
# No flag: the driver gets a hook of its own that loads *and starts*, and the core does its part afterwards. It opens the
# core to images that are no ELF at all. It was an example in a mail, marked as not tested. Testing it takes a run:

# %%
sketch = Bench(design=DESIGNS["seed-ext-boot"]).boot(image, name="the sketch")
print(sketch.cause_text)
states(sketch)

# %% [markdown]
# The M4 runs and Linux says OFFLINE, to the end: nobody sets the state. What is OFFLINE cannot be stopped (sysfs answered
# `EINVAL`), and its crash would be ignored. Nor is there anybody to talk to: the subdevices were never started, and the M4
# ran before its rings had an address. What looked like a detail of order *is* the design.

# %%
# 70.1: whose undisturbed boot ends with an M4 that runs while Linux says OFFLINE?
YOUR_ANSWER = ...
check("70.1", YOUR_ANSWER)

# %% [markdown]
# ## Third answer: two requests in a row (`seed-request-fw`)
#
# The maintainer's: right after the file system is asked for the firmware, ask the TEE. *In boot and in recovery*, so no
# hook loads in an odd place and no flag is needed. Its price: the core knows the TEE, and `load` must exist to do nothing.
# Let the M4 crash in each. What recovers sends LOAD between STOP and START, without a parse to hang it on; the sketch never begins:

# %%
{
    name: " ".join(commands(play(name, "recovery")))
    for name in ("v2", "seed-ext-boot", "seed-request-fw")
}

# %% [markdown]
# ## The same failing call, for all five
#
# The allocation fails in each. What the next two years on the list were about fits into one line: **whoever loads must be
# able to unload.** None of the three can. `v22` brings `release_fw`, and the TA a RELEASE that clears the memories.

# %%
after_a_fault(DESIGNS, late)

# %%
# 70.2: give a script that makes v2 leave the firmware LOADED, while v22 sends RELEASE.
YOUR_ANSWER = ...
check("70.2", YOUR_ANSWER)

# %% [markdown]
# ## What it means to keep a firmware LOADED
#
# After the failed start somebody replaces the file, by one with a flipped bit. Then comes a second start. A TA that is
# LOADED answers LOAD with SUCCESS and does not look: the *first* image runs, and the user is told that all is well. Nothing
# unsigned runs, but the answer is about another file than the question. RELEASE after a failure is what mends it. (The TA
# of that winter was stricter, and refused every later boot: see `DESIGNS["v2"].caveats`.)

# %%
from rprocbench.lessons import second_files

second_files(DESIGNS, late, with_flipped_byte(image))

# %%
# 70.3: a start fails late, and a tampered file takes its place: whose second start succeeds?
# Of the four designs that ask the TEE; mainline checks nothing, so there it always does.
YOUR_ANSWER = ...
check("70.3", YOUR_ANSWER)

# %% [markdown]
# ## And what does v22 cost?
#
# Two LOADs for each boot, and a RELEASE that the outer function sends *however far the inner one came*. So it is sent where
# nothing was loaded; and where `parse_fw` has undone its own LOAD, it is sent again. The TA takes it, and the review says it.
# Here are a few of the review's rows, from the earliest fault to the latest; `rprocbench review` has all of them.

# %%
from rprocbench.lessons import reviewed
from rprocbench.views.review_view import review_view

rows = reviewed(
    "request_firmware", "rproc_prepare_device", "rproc_parse_fw", "rproc_handle_resources",
    "rproc_alloc_registered_carveouts", "rproc_start", "tee_client_invoke_func",
)  # fmt: skip
show(review_view(rows, list(DESIGNS)))

# %%
# 70.4: a boot of v22 loads, then asking for the table fails. How many RELEASEs are sent?
YOUR_ANSWER = ...
check("70.4", YOUR_ANSWER)

# %% [markdown]
# ## Recap
#
# | | gains | costs | breaks where |
# |---|---|---|---|
# | `v2` | the core stays as it is | a flag to keep true | any error after the LOAD |
# | `seed-ext-boot` | other formats than ELF | the order is turned round | already without an error |
# | `seed-request-fw` | one place, in boot and recovery | the core knows the TEE | any error after the LOAD; a mapping is lost with every start |
# | `v22` | an error undoes the load | two LOADs, a RELEASE too many | errors before the LOAD, and in `parse_fw` |
#
# **Three questions to take along:** Could `parse_fw` and `load` become one? Who should own the cached table, if `release_fw`
# frees what `parse_fw` took? What would a TA have to tell Linux for an attach to work?
#
# **Next:** [`90_debug_my_image`](90_debug_my_image.ipynb), with an image of your own.

# %%
from rprocbench.lessons import solutions

solutions(70)
