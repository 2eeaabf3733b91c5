# SPDX-License-Identifier: GPL-2.0-or-later
# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Debug my image
#
# | | |
# |---|---|
# | You will be able to | open any firmware, signed or not; hear what five kernels and OP-TEE say to it; find the check that said no, and mend what it is about |
# | You need | an ELF file or a signed image, or nothing: a broken example is built in |
# | Minutes | 15 |
# | Previous | [`70_the_seed_argument`](70_the_seed_argument.ipynb) |
# | Next | back to [`00_start`](00_start.ipynb) |
#
# Everything below works on one file. Put its path in place of `None` to look at yours; whatever is wrong with it, no cell
# here fails. The example's story: it booted until somebody "tidied up" the linker script. It was signed in good order.

# %%
from rprocbench import Bench, workbench
from rprocbench.lessons import boot, check, findings, my_image, opinions, segments

MY_IMAGE = None  # or "path/to/firmware.elf", or "path/to/firmware.sign"
image = my_image(MY_IMAGE)

# %% [markdown]
# ## What is in it
#
# First what a reader can see without booting: what kind of file it is, and what does not add up.

# %%
findings(image)

# %% [markdown]
# Then every byte of it, by name. When the cell has run, search, jump, and point at bytes to read what they are.

# %%
from rprocbench.views.bytes_view import file_bytes
from rprocbench.views.bytes_widget import BytesWidget

BytesWidget(file_bytes(image, "my image"))

# %% [markdown]
# ## Where it wants to go
#
# The M4's addresses, translated as Linux and OP-TEE do. A segment without an address or a region will be refused.

# %%
segments(image)

# %% [markdown]
# ## What five kernels say
#
# Each boots it in its own way: mainline the ELF file inside, the others the signed image. A plain ELF file is refused by all
# but mainline, and that is right.

# %%
opinions(image)

# %% [markdown]
# ## Where it stops
#
# The run itself, from power-on. The line above the lanes says who said no, with which code, why, and by which rule.
# `run.cause` has the same in parts: `function`, `code`, `why`, `span`.

# %%
run = Bench().boot(image, name="my image")
run

# %%
# 90.1 (the example): which function was the first to refuse it?
YOUR_ANSWER = ...
check("90.1", YOUR_ANSWER)

# %%
# 90.2 (the example): which device address can the secure world not place?
YOUR_ANSWER = ...
check("90.2", YOUR_ANSWER)

# %% [markdown]
# ## Step to the place
#
# Run this cell: the stepper stands at the event where the error was first reported. Step back from there to see what led
# to it.

# %%
from rprocbench.views.stepper import Stepper

Stepper(run.trace, "my image", cursor=run.cause.index if run.cause else -1)

# %% [markdown]
# ## Mend it
#
# `moved(elf, segment, address)` changes one load address, and `signed(elf)` makes a new container with the demonstration's
# key. A first try, with the example: another address, chosen without looking at the map.

# %%
from rprocbench.lessons import broken_example, elf_in, moved, signed

example = broken_example()
first_try = signed(moved(elf_in(example), 2, 0x1006_0000))
boot("v22", image=first_try).cause_text

# %%
# 90.3: which image is the example with its segment in a region, signed, and boots?
YOUR_ANSWER = ...
check("90.3", YOUR_ANSWER)

# %% [markdown]
# ## All of it on one bench
#
# Run this cell for every view of the run at once, joined by one cursor: timeline, states, memory, resource table, chain,
# bytes. There you can also give it another file, choose a design and a key, let a call fail, and save it all as one page.

# %%
workbench(image)

# %% [markdown]
# ## Recap
#
# - Look before you boot: findings and addresses tell most of it.
# - The error a user sees is an echo; `cause` goes down to the check that spoke first.
# - A mended image is a new image: it must be signed anew.
#
# **Three questions to take along:** Would your board's device tree say the same? Which check would your own image meet next?
# What would you write into your linker script so that this cannot happen?
#
# **From a shell:** `rprocbench inspect FILE`, `rprocbench boot FILE`, `rprocbench sign --in A.elf --key K.pem --out F`.

# %%
from rprocbench.lessons import solutions

solutions(90)
