# SPDX-License-Identifier: GPL-2.0-or-later
"""A secure world of ST's downstream tree, and images for it."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from rprocbench.base.run import At, Disturbance
from rprocbench.formats.elf_build import Sec, Seg, build_elf
from rprocbench.formats.keys import KeyType, PrivateKey, Signer, generate_key
from rprocbench.formats.resource_table_build import build_table
from rprocbench.formats.st_crypto import key_hash, public_der
from rprocbench.formats.st_image import StOptions, sign_st_image
from rprocbench.soc.stm32mp15 import STM32MP157C_DK2
from rprocbench.tee.st_otp import TEST_KEY, Fuses
from rprocbench.tee.st_pta import StPta, st_of

from .machine import Machine, signing_key

VECTORS, TABLE = 0x3800_0000, 0x1004_0000
CODE = bytes(range(64))
IV = bytes(range(16, 32))
RSC = build_table([]).ljust(32, b"\0")
ELF = build_elf([Seg(0, CODE), Seg(TABLE, RSC)], [Sec(".resource_table", segment=1)])


@cache
def ec_key() -> PrivateKey:
    return generate_key(KeyType.ECC)


def st_image(signer: Signer | None = None, elf: bytes = ELF, **options: Any) -> bytes:
    return sign_st_image([("fw.elf", elf)], signer or signing_key(), StOptions(**options))


def encrypted(key: bytes = TEST_KEY, **options: Any) -> bytes:
    return st_image(enc_key=key, new_iv=lambda: IV, **options)


def with_key(key: PrivateKey, **options: Any) -> bytes:
    return st_image(key, key_info=public_der(key.public), **options)


class StMachine(Machine):
    """The board, with ST's build of the secure world, and a session."""

    def __init__(self, script: Mapping[At, Disturbance] | None = None, **options: Any) -> None:
        chosen: dict[str, Any] = {"board": STM32MP157C_DK2, "generation": "st"} | options
        super().__init__(script, **chosen)
        self.open(self.tee.pta.driver.rproc_id)

    @property
    def st(self) -> StPta:
        return st_of(self.tee.pta)


def otp(**words: Any) -> Fuses:
    return Fuses(**words)


def pkh(key: PrivateKey) -> Fuses:
    """A chip that trusts `key`."""
    return otp(oem_rproc_pkh=key_hash(key.public))
