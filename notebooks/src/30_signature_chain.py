# SPDX-License-Identifier: GPL-2.0-or-later
# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The signature chain, link by link
#
# | | |
# |---|---|
# | You will be able to | follow the chain from one key to every loaded byte; say which check a changed byte meets, and with which code; tell what is covered by nothing, and why that is bearable |
# | You need | [`10_elf_to_carveouts`](10_elf_to_carveouts.ipynb) |
# | Minutes | 20 |
# | Previous | [`10_elf_to_carveouts`](10_elf_to_carveouts.ipynb) |
# | Next | [`40_boot_step_by_step`](40_boot_step_by_step.ipynb) |
#
# OP-TEE has one public key built in. A signature covers a few hundred bytes; the firmware has thousands. What holds them
# together is a chain: the key vouches for a signature, the signature for a table of hashes, each hash for a segment.

# %%
from rprocbench import Bench, SignedImage, demo_image, demo_key, with_flipped_byte
from rprocbench.lessons import boot, check, checks, flipped, secure_writes, tampered

image = demo_image()

# %% [markdown]
# ## The container
#
# A header says how long the parts are. Records (TLVs) say what is signed, how, and what is in the image. Then comes the
# signature, and last the ELF file as the linker made it.

# %%
SignedImage.parse(image)

# %% [markdown]
# ## Every link
#
# Run this cell, then walk from link to link. Each has its bytes, the rule, the value, the verdict, and a line for `openssl`
# that gives the same, so that you need not believe us. Then **change a byte**: the chain is worked out anew, and the TA is
# asked again. Without a running kernel you see the chain of the untouched image.

# %%
from rprocbench.views.chain_widget import ChainWidget

ChainWidget(image, demo_key().public)

# %%
# 30.1: how many bytes of the image does the signature cover?
YOUR_ANSWER = ...
check("30.1", YOUR_ANSWER)

# %% [markdown]
# ## Break one link
#
# One bit is flipped in one byte, then the image is booted; each line is a boot of its own. The *code* tells which link
# broke, so it is the first thing to look at when an image is refused.

# %%
tampered(image, [0x0, 0x8, 0x4C, 0x74, 0x130, 0x22C, 0x600, 0x1200])

# %%
# 30.2: one bit of the record IMGSIZE is flipped. With which TEE result does the TA answer?
YOUR_ANSWER = ...
check("30.2", YOUR_ANSWER)

# %% [markdown]
# ## First the signature, then the rest
#
# What is not authentic yet must not be believed. So the order of the checks matters as much as the checks. This image has a
# changed segment, and everything before that is as it should be.

# %%
run = boot("v22", image=with_flipped_byte(image))
checks(run)

# %%
# 30.3: a bit of the hash table AND a bit of a segment are flipped. Which function says no?
YOUR_ANSWER = ...
check("30.3", YOUR_ANSWER)

# %% [markdown]
# ## Copy first, hash then
#
# The image lies in memory that Linux can write at any time. If the TA hashed it there and copied it afterwards, Linux could
# change it in between. So the segment is copied to where the M4 will run it, and the *copy* is hashed. It differs here, so
# it is cleared; what was copied before it stays, until a RELEASE.
#
# (On this board Linux can write there as well: look for *open to the normal world* in a run's first lines. A firewall around
# the M4's memories is what closes that; the order of copy and hash alone does not.)

# %%
secure_writes(run)

# %% [markdown]
# ## What is covered by nothing
#
# The ELF header, the program headers and all that is not loaded are covered by no hash. They are hints for the loader, and
# a *loaded* segment must match a signed row whatever they say. But they do decide which segments are loaded at all, and where
# the resource table is looked for: see the chain's last links. A TA that wants every signed row to be loaded is stricter;
# here it is `Bench(generation="hardened")`.

# %%
Bench().boot(flipped(image, 0x1200), name="a changed symbol table").verdict

# %%
# 30.4: give the offset of a byte whose lowest bit may be flipped, so that the image still boots.
YOUR_ANSWER = ...
check("30.4", YOUR_ANSWER)

# %% [markdown]
# ## Recap
#
# - Key, signature, records, rows, segments: a byte is as good as the chain that reaches it.
# - The code names the link: `BAD_PARAMETERS` a contradiction, `SIGNATURE_INVALID` the signature, `SECURITY` a hash.
# - Checks run in an order, and on a copy: of the records in secure memory, of a segment where it will run.
#
# **Three questions to take along:** Nothing in the container is a version number: what follows from that? The demonstration's
# private key is published: what is a signature by it worth? Where does the trust in the public key come from?
#
# **Next:** [`40_boot_step_by_step`](40_boot_step_by_step.ipynb), where all of this is one call among many.

# %%
from rprocbench.lessons import solutions

solutions(30)
