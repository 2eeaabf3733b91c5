# SPDX-License-Identifier: GPL-2.0-or-later
"""A table of what lies in the rings come to: in Linux as it is, and in a hardened one."""

from rprocbench.bench.wire import FAULTS, wire_faults

from .table import Table


def lies(*names: str, linux: str = "7.3") -> Table:
    """Each fault on the wire, how it ends in a kernel, and in the same one hardened.

    Raises `InputError` BAD_VALUE for a fault or a kernel that nobody knows.
    """
    rows = []
    for name in names:
        plain, hard = wire_faults([name], [linux])
        says = plain.detail if plain.detail == hard.detail else f"{plain.detail}\n{hard.detail}"
        fault = FAULTS[name]
        rows.append((name, f"{fault.who}: {fault.title}", plain.end, hard.end, says))
    head = ("fault", "who does what", f"Linux {linux}", "hardened", "what is said about it")
    return Table.of("Lies in shared memory", head, rows)
