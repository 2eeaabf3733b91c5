# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes a PTA and its driver those of ST's downstream tree (ours: there it is another build)."""

from .pta_remoteproc import Pta
from .st_driver import MP1_ID, MP2_ID, M33Boot, StState, is_mp2, st_node
from .st_otp import Fuses, Otp
from .st_pta import ST_PTA_COMMANDS, StPta
from .stm32_remoteproc import DeviceNode
from .undefined import Hazards


def become_st(
    pta: Pta, fuses: Fuses | None, hazards: Hazards, node: DeviceNode | None = None
) -> None:
    """Give a PTA that has not been probed the downstream commands, regions, and OTP words."""
    board = pta.driver.soc.board
    fuses = fuses or Fuses()
    otp = Otp(pta.run, fuses.oem_rproc_enc_key, fuses.oem_rproc_pkh, hazards)
    pta.commands = ST_PTA_COMMANDS
    pta.st = StPta(pta.run, otp, StState(pta.run, M33Boot(pta.run)))
    pta.driver.node = node or st_node(board)
    pta.driver.rproc_id = MP2_ID if is_mp2(board) else MP1_ID
