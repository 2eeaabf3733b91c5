# SPDX-License-Identifier: GPL-2.0-or-later
"""`rprocbench linux`: which kernels there are, how they differ, and what each makes of an image."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rprocbench.base.files import read_file

from .options import add_board_options, board_of, choose
from .output import as_json, out, width

if TYPE_CHECKING:
    from rprocbench.kernel.version_differences import VersionDifference
    from rprocbench.verdicts import LinuxVerdict


def add_to(verbs: Any) -> None:
    """The grammar of the verb."""
    parser = verbs.add_parser(
        "linux", help="list the kernels and how they differ, or ask them about an image",
        description="Without an image: the kernels that are modelled, and each behaviour in which "
        "they differ. With one: what each kernel, or the one that --linux names, does with it.",
    )  # fmt: skip
    parser.add_argument("image", type=Path, nargs="?", metavar="FILE", help="an ELF image")
    parser.add_argument("--linux", metavar="V", help="only this kernel: 6.1, 6.12 or 7.3")
    parser.add_argument("--hardened", action="store_true", help="kernels that report an error "
                        "where the real ones would leave defined behaviour")  # fmt: skip
    parser.add_argument("--bits", type=int, choices=(32, 64), help="width of the kernel's pointers;"
                        " default: the board's")  # fmt: skip
    add_board_options(parser)
    parser.add_argument("--json", action="store_true", help="the same as data")
    parser.set_defaults(run=run, parser=parser)


def run(args: argparse.Namespace) -> int:
    """List, or ask. 1 if a kernel refuses the image or does something undefined with it."""
    from rprocbench.kernel.versions import LINUX

    if args.linux is not None:
        choose(args.parser, "kernel", args.linux, LINUX)
    if args.image is None:
        return tell_differences(args)
    from rprocbench.verdicts import linux_load

    image, board = read_file(args.image), board_of(args)
    names = list(LINUX) if args.linux is None else [args.linux]
    verdicts = [
        linux_load(image, board=board, linux=name, hardened=args.hardened, bits=args.bits)
        for name in names
    ]
    if args.json:
        out(as_json([verdict_data(verdict) for verdict in verdicts]))
    else:
        out("\n".join(line for verdict in verdicts for line in verdict_lines(verdict)))
    return 0 if all(verdict.result == "boot" for verdict in verdicts) else 1


def tell_differences(args: argparse.Namespace) -> int:
    """The table of differences."""
    from rprocbench.kernel.version_differences import COLUMNS, VERSION_DIFFERENCES
    from rprocbench.kernel.versions import LINUX, switches

    if args.json:
        out(as_json({
            "kernels": {
                each.name: {"title": each.title, "modelled": each.name in LINUX,
                            "switches": switches(each)}
                for each in COLUMNS
            },
            "differences": [
                {"behaviour": row.behaviour, "switch": row.switch, "function": row.function,
                 "does": {each.name: row.of(each) for each in COLUMNS}}
                for row in VERSION_DIFFERENCES
            ],
        }))  # fmt: skip
        return 0
    for each in COLUMNS:
        out(f"{each.name:<5} {each.title}{'' if each.name in LINUX else ' (for its history only)'}")
    for row in VERSION_DIFFERENCES:
        out("\n" + "\n".join(difference_lines(row)))
    return 0


def difference_lines(row: "VersionDifference") -> list[str]:
    """One behaviour, and what each kernel does; those that do the same in one line."""
    from rprocbench.kernel.version_differences import COLUMNS

    groups: dict[str, list[str]] = {}
    for each in COLUMNS:
        groups.setdefault(row.of(each), []).append(each.name)
    lines = [f"{row.behaviour}  [{row.switch}, {row.function}]"]
    return lines + [f"  {', '.join(names):<18} {does}" for does, names in groups.items()]


def verdict_lines(verdict: "LinuxVerdict") -> list[str]:
    """What one kernel does with an image."""
    lines = [f"Linux {verdict.linux} ({verdict.bits} bits): {verdict}"]
    lines += [f"  at {span}" for span in verdict.spans]
    lines += [f"  dmesg  {line}" for line in verdict.log if not line.startswith("info:")]
    if verdict.table:
        where = "Linux's own copy" if verdict.table.pa is None else f"pa {verdict.table.pa:#x}"
        lines.append(f"  resource table of {verdict.table.size} bytes, {where}")
    lines += [
        f"  carveout {each.name}: da {each.da:#x}, pa {each.pa:#x}, {each.size:#x} bytes"
        for each in verdict.carveouts
    ]
    lines += [
        f"  vdev of type {each.id}: status {each.status:#x}, features {each.features:#x}, "
        + ("no driver" if each.probe is None else each.probe or "driven")
        for each in verdict.vdevs
    ]
    return [line[: max(width(), 40)] for line in lines]


def verdict_data(verdict: "LinuxVerdict") -> dict[str, Any]:
    """The same for programs."""
    table = verdict.table
    return {
        "linux": verdict.linux, "bits": verdict.bits, "hardened": verdict.hardened,
        "result": verdict.result, "stage": verdict.stage, "errno": verdict.errno,
        "message": verdict.message, "undefined": verdict.undefined, "log": list(verdict.log),
        "spans": [str(span) for span in verdict.spans], "boot_address": verdict.boot_address,
        "table": table and {"pa": table.pa, "size": table.size, "sha256": table.sha256},
        "carveouts": [
            {"name": c.name, "da": c.da, "pa": c.pa, "size": c.size, "sha256": c.sha256}
            for c in verdict.carveouts
        ],
        "vdevs": [
            {"id": d.id, "probe": d.probe, "features": d.features, "status": d.status}
            for d in verdict.vdevs
        ],
        "memories": verdict.memories,
    }  # fmt: skip
