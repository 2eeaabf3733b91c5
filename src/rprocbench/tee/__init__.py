# SPDX-License-Identifier: GPL-2.0-or-later
"""The east wing: the secure world. Files and functions carry the names of the C they mirror.

`OpTee(run, soc, key)` is all of it; plug its `optee_entry` into `soc.smc`.
"""

from .generations import (
    ALIASES,
    FIRST,
    GENERATIONS,
    HARDENED,
    HEAD,
    HISTORY,
    PRE_ELF_FIX,
    PRE_TLV_FIX,
    ST,
    V2024,
    Generation,
    generation_of,
)
from .optee import OpTee, TaFlags
from .panic import Panic, TaPanic
from .pta_remoteproc import PTA_COMMANDS, Verifier
from .states import PTA_STATE, TA_FIRMWARE, PtaState, RemoteprocState
from .ta_remoteproc import COMMANDS
from .undefined import Hazard

__all__ = [
    "ALIASES",
    "COMMANDS",
    "FIRST",
    "GENERATIONS",
    "HARDENED",
    "HEAD",
    "HISTORY",
    "PRE_ELF_FIX",
    "PRE_TLV_FIX",
    "PTA_COMMANDS",
    "PTA_STATE",
    "ST",
    "TA_FIRMWARE",
    "V2024",
    "Generation",
    "Hazard",
    "OpTee",
    "Panic",
    "PtaState",
    "RemoteprocState",
    "TaFlags",
    "TaPanic",
    "Verifier",
    "generation_of",
]
