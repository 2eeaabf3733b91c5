# SPDX-License-Identifier: GPL-2.0-or-later
"""optee_os:lib/libutee/tee_api.c: how the TA reaches the PTA, and what the core thinks of that.

An error that the PTA reports comes back as it is. A call that the core itself refuses makes libutee
panic the TA.
"""

from rprocbench.base.errors import ModelledError, TeeResult
from rprocbench.base.run import mirrors
from rprocbench.base.trace import Lane
from rprocbench.formats.tee_params import TA_REMOTEPROC_UUID, Param, PtaCmd, StPtaCmd

from .commands import Memref
from .panic import TaPanic
from .pta_remoteproc import rproc_pta_invoke_command, rproc_pta_open_session
from .ta_context import Ta

libutee_c = mirrors("optee_os:lib/libutee/tee_api.c")


@libutee_c
def TEE_OpenTASession(ta: Ta, params: tuple[Param, ...]) -> None:
    """Open the PTA."""
    name = f"PTA.open({params[0].a})"
    try:
        rproc_pta_open_session(ta.pta, TA_REMOTEPROC_UUID, params)
    except ModelledError as error:
        ta.pta.calls.append(f"{name}={error.code & 0xFFFF_FFFF:08x}")
        raise
    ta.pta.calls.append(f"{name}=00000000")


def TEE_CloseTASession(ta: Ta) -> None:
    """Close the PTA. It keeps nothing for a session."""
    ta.run.log(Lane.OPTEE, "PTA session closed", "debug")
    ta.pta.calls.append("PTA.close")


@libutee_c
def TEE_InvokeTACommand(ta: Ta, cmd: PtaCmd | StPtaCmd, *params: Param | Memref) -> None:
    """Call the PTA; the core first checks that the TA can read what it hands over."""
    for memref in params:
        if isinstance(memref, Memref) and not memref.accessible:
            raise TaPanic(
                TeeResult.TARGET_DEAD,
                f"panic in libutee: {cmd.name} refused by the core (0xffff0001), "
                f"{memref.size:#x} bytes are not the TA's to hand over",
                span=memref.area.span(memref.start, memref.size) if memref.area else None,
            )
    rproc_pta_invoke_command(ta.pta, cmd, *params)
