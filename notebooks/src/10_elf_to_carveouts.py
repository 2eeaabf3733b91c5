# SPDX-License-Identifier: GPL-2.0-or-later
# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # From ELF to carveouts
#
# | | |
# |---|---|
# | You will be able to | say where each segment of a firmware goes, as Linux and as the M4 see it; read a resource table before and after Linux has filled it in; tell why a segment that "has memory" is refused |
# | You need | [`00_start`](00_start.ipynb) |
# | Minutes | 20 |
# | Previous | [`00_start`](00_start.ipynb) |
# | Next | [`30_signature_chain`](30_signature_chain.ipynb) |
#
# A firmware for the M4 is an ELF file like any other. What makes it one for *remoteproc* is where its segments lie, and
# one section that Linux reads as a list of wishes: the resource table. Here mainline's kernel loads it, without signatures,
# so that nothing else is in the way.

# %%
from rprocbench import DESIGNS, Bench, demo_elf, show
from rprocbench.lessons import carveouts, check, placed, resource_table, segments, written_back

elf = demo_elf()

# %% [markdown]
# ## What is loaded
#
# A loader looks at *segments*, not at sections. Each says where its bytes are in the file, how many there are, and where
# they go: `p_paddr`. That address is the M4's, a *device address* (`da`).

# %%
segments(elf)

# %% [markdown]
# Segment 2 takes more bytes in memory than the file has: the rest is `.bss`, which starts as zeros.

# %%
# 10.1: how many bytes of segment 2 does the loader set to zero, instead of copying them?
YOUR_ANSWER = ...
check("10.1", YOUR_ANSWER)

# %% [markdown]
# ## Two kinds of eyes
#
# The same silicon has other addresses for the M4 than for Linux, and some bytes have several for one of them. The device
# tree's `dma-ranges` translate. Look for `retram` and `mcusram` in both halves of the picture.

# %%
bench = Bench(design=DESIGNS["mainline"])
bench.board

# %%
# 10.2: at which physical address does Linux write the vector table, segment 0?
YOUR_ANSWER = ...
check("10.2", YOUR_ANSWER)

# %% [markdown]
# ## What the firmware wishes for
#
# The resource table lies in the file like any data. This one wishes for a trace buffer, which Linux shows in debugfs, and
# for a virtio device with two rings. Where the rings are to be is left to Linux: `ffffffff` means *any address*.

# %%
show(resource_table(elf))

# %% [markdown]
# ## What Linux has to give
#
# Before it reads the wishes, the driver's `prepare` registers the reserved regions of the device tree as *carveouts*. A
# segment, a ring, a buffer: each must lie completely in one of them.

# %%
run = bench.boot(elf, name="echo.elf")
carveouts(run)

# %% [markdown]
# ## What Linux writes back
#
# `handle_resources` and the start of the virtio device fill in what was left open. First in a copy of the table; then in
# the M4's own memory, where the firmware waits for the bit DRIVER_OK (4) in `status`. See which column a value appears in:
# **when the M4 starts, the rings have no address yet.** A firmware that does not wait reads `ffffffff`.

# %%
written_back(run)

# %% [markdown]
# The whole table, at each moment at which somebody touched it. Run the cell, and move through the moments.

# %%
from rprocbench.views.resource_table_widget import ResourceTableWidget

ResourceTableWidget(run)

# %%
# 10.3: which device address does the table give for vring 0 once the M4 is RUNNING?
YOUR_ANSWER = ...
check("10.3", YOUR_ANSWER)

# %% [markdown]
# ## What does not fit
#
# Now the data segment is moved. Its bytes stay the same; only `p_paddr` changes. The first line is where it was. The third
# begins in a carveout and ends behind it. The last lies in a carveout that Linux never mapped, for the rpmsg buffers.

# %%
placed(elf, 2, [0x10020000, 0x30020000, 0x1003F800, 0x10042000])

# %% [markdown]
# `0x30020000` is the same silicon as `0x10020000`, by its other address, and Linux knows both. The M4 knows a third.

# %%
# 10.4: give an address for segment 2 where the M4 has memory and Linux refuses to load.
YOUR_ANSWER = ...
check("10.4", YOUR_ANSWER)

# %% [markdown]
# ## Recap
#
# - Segments say where; sections are for people and for finding the resource table.
# - A device address means nothing to Linux until `dma-ranges` has translated it, and a carveout holds all of it.
# - Linux answers the wishes in the table itself, and the M4 must wait for the answer.
#
# **Three questions to take along:** Why does Linux keep a copy of the table? What would happen to the rings' addresses in a
# crash? Who could change the table between the check of a signature and its use?
#
# **Next:** [`30_signature_chain`](30_signature_chain.ipynb), where nothing of this file may be believed.

# %%
from rprocbench.lessons import solutions

solutions(10)
