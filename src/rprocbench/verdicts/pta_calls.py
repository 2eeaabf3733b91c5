# SPDX-License-Identifier: GPL-2.0-or-later
"""A trace in the words of the recordings: `PTA.LOADSEG(da=0,size=0x40)=00000000`."""

import re
from collections.abc import Iterable

from rprocbench.base.errors import TeeResult
from rprocbench.base.trace import Entered, Event, Failed, Left, Logged

NAMES = {
    "rproc_pta_open_session": "open",
    "rproc_pta_capabilities": "CAPS",
    "rproc_pta_verify_digest": "VERIFY",
    "rproc_pta_load_segment": "LOADSEG",
    "rproc_pta_set_memory": "SETMEM",
    "rproc_pta_da_to_pa": "DA2PA",
    "rproc_pta_start": "START",
    "rproc_pta_stop": "STOP",
    "rproc_pta_release": "RELEASE",
}
DESCRIBED = re.compile(r"\(da=(\w+), size=(\w+)\)")
DEAD = TeeResult.TARGET_DEAD.name


def pta_calls(trace: Iterable[Event], opened: int = 0) -> list[str]:
    """Calls of the PTA and moves of the reset lines, in order.

    `opened` is the processor id that an opening of the PTA in `trace` was for. A call in which the
    TA died has no result, and is not told.
    """
    calls: list[str] = []
    stack: list[str] = []
    arguments = ""
    for event in trace:
        match event:
            case Entered(function=function):
                stack.append(function)
                arguments = f"({opened})" if function == "rproc_pta_open_session" else arguments
                if function.startswith("rstctrl_"):
                    calls.append(f"{function.split('_')[1]}({event.subject})")
            case Logged(text="PTA session closed"):
                calls.append("PTA.close")
            case Logged(text=text) if text.startswith("PTA "):
                arguments = described(text)
            case Left() | Failed():
                function, code = stack.pop(), getattr(event, "code", "SUCCESS")
                if function in NAMES and code != DEAD:
                    calls.append(f"PTA.{NAMES[function]}{arguments}={TeeResult[code]:08x}")
            case _:
                pass
    return calls


def described(text: str) -> str:
    """The arguments in a line that the PTA logs, as `printf` of the recordings wrote them."""
    found = DESCRIBED.search(text)
    if found is None:
        return ""
    return f"(da={'0' if found[1] == '0x0' else found[1]},size={found[2]})"
