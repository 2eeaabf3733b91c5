# SPDX-License-Identifier: GPL-2.0-or-later
# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Start: from nothing to the echo
#
# | | |
# |---|---|
# | You will be able to | boot a signed firmware on a modelled board; read its run as lanes; say where and why a changed image is refused |
# | You need | nothing: firmware, key and board come with rprocbench |
# | Minutes | 10 |
# | Next | [`10_elf_to_carveouts`](10_elf_to_carveouts.ipynb) |
#
# An STM32MP15 has two kinds of cores. Linux runs on the big one, the Cortex-A7; a firmware runs on the small one, the
# Cortex-M4. Linux's *remoteproc* starts the M4. If the firmware must be *signed*, OP-TEE in the secure world checks and loads
# it. rprocbench models all of that and runs the firmware's real instructions, so every step can be looked at.

# %%
from rprocbench import At, Bench, Errno, Fail, SignedImage, demo_image, with_flipped_byte

# %% [markdown]
# ## What is in the image
#
# The demonstration's firmware is a small C program that echoes what it is told. Here it is, signed with a **published test
# key**, in the container that OP-TEE's trusted application takes: a header, a list of records (TLVs), a signature, and
# the ELF file itself. Only the first two are signed. The ELF's segments are covered by the hashes among the records, and some
# bytes are covered by nothing.

# %%
image = demo_image()
SignedImage.parse(image)

# %% [markdown]
# ## Boot it
#
# `Bench()` is a board (`stm32mp157c-dk2`), a design of the kernel (`v22` of the patch series) and a key that is built into
# OP-TEE. `boot` powers it up, starts the M4, says `hello` when the firmware has announced itself, and shuts down.

# %%
run = Bench().boot(image, name="echo.sign")
run.verdict, [message.payload for message in run.messages]

# %% [markdown]
# ## What happened
#
# Four worlds, one clock. Time goes down; what one world does to another is an arrow.

# %%
run

# %% [markdown]
# ## Step through it
#
# Run this cell, then use the buttons, the slider, or the keys ← → Home End. The right side shows what each step changed.
# Everything is in your browser: the run is over, and stepping back is as good as stepping forward. (Without a running
# kernel you see the same lanes as a table.)

# %%
from rprocbench.views.stepper import Stepper

Stepper(run.trace, "echo.sign through v22")

# %% [markdown]
# Any moment can be asked for in Python as well: every object, every byte of memory.

# %%
moment = run.state_at(len(run.trace) // 2)
moment.objects["remoteproc0"]["state"], moment.memories["mcusram"].read(0x20000, 16).hex(" ")

# %% [markdown]
# ## One flipped byte
#
# Now the same image with one bit changed in its code. The header, the records and the signature are as they were: only the
# hash of that segment can tell.

# %%
flipped = Bench().boot(with_flipped_byte(image), name="one byte flipped")
flipped

# %% [markdown]
# The trusted application copies each segment to the M4's memory first and hashes the copy, so that nobody can change it in
# between. The hash differs, the copy is cleared, and `SECURITY` goes back; Linux turns it into `EIO`, undoes what it had
# done (the lines that say *goto*), and lets OP-TEE clear the memories.

# %%
print(flipped.cause_text)

# %% [markdown]
# ## What if a call failed?
#
# Every modelled call is a *place*, and any of them can be made to fail. Here OP-TEE is never asked to start the firmware,
# because Linux's own function fails first. Look at the order in which the labels are reached.

# %%
failing = Bench().boot(image, script={At("rproc_tee_start"): Fail(Errno.EIO)})
[event.label for event in failing.trace if type(event).__name__ == "Unwound"]

# %% [markdown]
# ## Recap
#
# - A signed image is a container; what the signature covers is not the whole of it.
# - Loading and authenticating are one step, and OP-TEE does it; Linux only hears yes or no.
# - A finished run is a list of events. Everything here is a reading of that list.
#
# **Try it:** flip a byte somewhere else (`image[20]` is in the records). Which code comes back, and from where? Let
# `remoteproc_start_fw` fail with `TeeResult.GENERIC`. Is the order of the labels the same?
