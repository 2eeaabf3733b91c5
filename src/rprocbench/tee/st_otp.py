# SPDX-License-Identifier: GPL-2.0-or-later
"""ST's downstream tree: what is burnt into the chip, and how the core reads it (tee.md section 7).

The hard-coded AES key of ST's tree (D-7) is not in the reference; the one here is ours, and as
public.
"""

from dataclasses import dataclass, field
from typing import ClassVar

from rprocbench.base.errors import ModelledError, Span, TeeResult
from rprocbench.base.run import Run, Watched, mirrors
from rprocbench.base.trace import Lane

from .undefined import FREE, Hazard, Hazards, function_now

bsec_c = mirrors("optee_os:core/drivers/stm32_bsec.c")
pta_c = mirrors("optee_os:core/pta/stm32mp/remoteproc_pta.c")

TEST_KEY = bytes(range(32))
KEY_SIZE = 32


@dataclass(frozen=True, slots=True)
class Fuses:
    """What was burnt. `oem_rproc_enc_key` None: a build with the public test key.

    `oem_rproc_pkh` None: a build that has the RSA key in it (no CFG_REMOTEPROC_PUB_KEY_VERIFY).
    """

    oem_rproc_enc_key: bytes | None = None
    oem_rproc_pkh: bytes | None = None


@dataclass
class Otp(Watched):
    """The words of a live chip."""

    LANE: ClassVar[Lane] = Lane.HARDWARE
    UNWATCHED: ClassVar[frozenset[str]] = frozenset({"hazards"})

    run: Run
    oem_rproc_enc_key: bytes | None = None
    oem_rproc_pkh: bytes | None = None
    hazards: Hazards | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.watch("OTP")


@bsec_c
def stm32_bsec_read_otp(otp: Otp, name: str) -> bytes:
    """Read OTP words by the name of their layout."""
    words = getattr(otp, name)
    return words if isinstance(words, bytes) else bytes(KEY_SIZE)


@pta_c
def rproc_pta_read_otp(otp: Otp, name: str) -> bytes:
    """Words in a buffer of the core's heap. After an error it is freed twice, here and by the
    caller (D-4).
    """
    try:
        return stm32_bsec_read_otp(otp, name)
    except ModelledError as error:
        if otp.hazards:
            why, span = "the buffer of OTP words is freed twice", Span("OTP", 0, KEY_SIZE)
            hazard = Hazard(FREE, why, span, function_now(otp.run), TeeResult.GENERIC)
            otp.hazards.note(hazard)
        raise ModelledError(error.code, error.why) from error


@pta_c
def rproc_pta_get_enc_key(otp: Otp) -> bytes:
    """The AES-256 key of the device. SECURITY for one that was never burnt: all zeros."""
    if otp.oem_rproc_enc_key is None:
        return TEST_KEY
    key = rproc_pta_read_otp(otp, "oem_rproc_enc_key")
    if not any(key):
        raise ModelledError(TeeResult.SECURITY, "the OTP words of the AES key are all zeros")
    return key
