# SPDX-License-Identifier: GPL-2.0-or-later
"""The east wing: the secure world. Files and functions carry the names of the C they mirror.

`OpTee(run, soc, key)` is all of it; plug its `optee_entry` into `soc.smc`.
"""

from .generations import GENERATIONS, HARDENED, HEAD, PRE_ELF_FIX, PRE_TLV_FIX, Generation
from .optee import OpTee, TaFlags
from .panic import Panic, TaPanic
from .pta_remoteproc import PTA_COMMANDS, Verifier
from .states import PTA_STATE, TA_FIRMWARE, PtaState, RemoteprocState
from .ta_remoteproc import COMMANDS

__all__ = [
    "COMMANDS",
    "GENERATIONS",
    "HARDENED",
    "HEAD",
    "PRE_ELF_FIX",
    "PRE_TLV_FIX",
    "PTA_COMMANDS",
    "PTA_STATE",
    "TA_FIRMWARE",
    "Generation",
    "OpTee",
    "Panic",
    "PtaState",
    "RemoteprocState",
    "TaFlags",
    "TaPanic",
    "Verifier",
]
