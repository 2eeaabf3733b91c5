# SPDX-License-Identifier: GPL-2.0-or-later
"""Every fault on the wire, in every kernel: how it ends, and what a hardened host does instead.

>>> from rprocbench.bench.wire import wire_faults, wire_table
>>> print(wire_table(wire_faults(names=["lost-kick"], versions=["7.3"])))
"""

from collections.abc import Iterable, Iterator

from rprocbench.base.errors import InputCode, InputError
from rprocbench.kernel.versions import LINUX

from .wire_hostile import HOSTILE
from .wire_signals import SIGNALS
from .wire_stage import ENDS, Outcome, WireFault, play

FAULTS: dict[str, WireFault] = {fault.name: fault for fault in (*SIGNALS, *HOSTILE)}


def wire_faults(
    names: Iterable[str] = tuple(FAULTS),
    versions: Iterable[str] = tuple(LINUX),
    hosts: Iterable[bool] = (False, True),
) -> Iterator[Outcome]:
    """Play each fault in each kernel, as it is and hardened. Raises `InputError` BAD_VALUE."""
    chosen = list(names)
    if unknown := [name for name in chosen if name not in FAULTS]:
        why = f"no fault {unknown[0]!r}; there is {', '.join(FAULTS)}"
        raise InputError(InputCode.BAD_VALUE, why)
    for name in chosen:
        for version in versions:
            for hardened in hosts:
                yield play(FAULTS[name], version, hardened=hardened)


def wire_table(outcomes: Iterable[Outcome]) -> str:
    """A line for each fault: how it ends in each kernel; below, what each end means and costs."""
    rows: dict[str, dict[str, Outcome]] = {}
    hosts: dict[str, None] = {}
    for one in outcomes:
        host = f"{one.linux} hardened" if one.hardened else one.linux
        hosts.setdefault(host)
        rows.setdefault(one.fault.name, {})[host] = one
    wide = max((len(name) for name in rows), default=0)
    lines = [f"{'fault':<{wide}}  " + "  ".join(f"{host:<13}" for host in hosts) + "  what it is"]
    for name, by_host in rows.items():
        ends = "  ".join(f"{by_host[h].end if h in by_host else '':<13}" for h in hosts)
        lines.append(f"{name:<{wide}}  {ends}  {FAULTS[name].title} ({FAULTS[name].who})")
    lines += ["", *(f"{end:<10} {meaning}" for end, meaning in ENDS.items()), ""]
    for name, by_host in rows.items():
        details: dict[str, list[str]] = {}
        for host, one in by_host.items():
            details.setdefault(one.detail, []).append(host)
        for detail, told in details.items():
            whose = "" if len(told) == len(by_host) else f" [{', '.join(told)}]"
            lines.append(f"{name:<{wide}}  {detail}{whose}")
    return "\n".join(line.rstrip() for line in lines)
