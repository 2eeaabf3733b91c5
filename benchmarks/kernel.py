# SPDX-License-Identifier: GPL-2.0-or-later
# ruff: noqa: INP001  a script
"""What Linux's side costs: a verdict on a big image, and looking into it.

Run it as `python benchmarks/kernel.py [--json]`. The image has 557 KB and 1,200 sections, and is
the same each time. Of many runs the fastest counts: others share this machine.

- `verdict_557k_ms`: one `linux_load` of it: parse, judge, boot, stop (limit 2 ms)
- `inspect_ratio`: `rprocbench inspect` of it, from its bytes to the text that is printed, divided
  by a bare `struct` walk of the same headers that prints the same lines of their fields, measured
  in turn in this run (limit 1.6). What inspect does beyond it: names that may be anything, bytes
  that only sections or segments claim, gaps, overlaps, and what is wrong with the file
- `parse_ratio` (no limit): the headers alone as objects (`ElfView.sections` and `.segments`),
  divided by the same walk that prints nothing
"""

import argparse
import json
import struct
import sys
from collections.abc import Callable
from random import Random
from time import perf_counter

from rprocbench.cli.inspect import listing
from rprocbench.formats.elf import ElfView
from rprocbench.formats.elf_build import Sec, Seg, build_elf
from rprocbench.formats.elf_records import Elf32_Ehdr, Elf32_Phdr, Elf32_Shdr
from rprocbench.verdicts import linux_load

LIMITS = {"verdict_557k_ms": 2.0, "inspect_ratio": 1.6}
SIZE = 557_000
SECTIONS = 1200
ROUNDS = 60
TABLE = bytes.fromhex(
    "01000000 02000000 00000000 00000000 18000000 60000000"
    "03000000 07000000 00000000 01000000 00000000 00000000 00020000"
    "ffffffff 10000000 10000000 00000000 00000000"
    "ffffffff 10000000 10000000 01000000 00000000 00000000"
    "02000000 00020010 00080000 00000000 636d345f6c6f6700"
) + bytes(24)


def firmware() -> bytes:
    """Vectors, code, data with a resource table, and the rest of it what debuggers read."""
    dice = Random(SIZE)  # noqa: S311  the same bytes each time
    segments = [
        Seg(0, dice.randbytes(0x298)),
        Seg(0x1000_0000, dice.randbytes(0x1_E000)),
        Seg(0x1002_0000, TABLE + dice.randbytes(0x1_0000)),
    ]
    named = [Sec(".isr_vector", segment=0), Sec(".text", segment=1)]
    size = {"sh_size": len(TABLE)}
    named.append(Sec(".resource_table", segment=2, fields=size))
    others = SECTIONS - len(named) - 2  # the null section, and the names
    names = [f".debug_info.function_number_{number}" for number in range(others)]
    bare = len(build_elf(segments, [*named[:2], *(Sec(name) for name in names), named[2]]))
    each, rest = divmod(SIZE - bare, others)
    each, rest = each // 4 * 4, (SIZE - bare) - each // 4 * 4 * others
    parts = [Sec(name, dice.randbytes(each)) for name in names]
    parts[-1] = Sec(names[-1], dice.randbytes(each + rest // 4 * 4))
    return build_elf(segments, [*named[:2], *parts, named[2]])


EHDR = struct.Struct("<4s5B7s2H5I6H")
PHDR, SHDR = struct.Struct("<8I"), struct.Struct("<10I")
FIELDS = {
    kind: [(name, *kind.SPANS[name], field.doc) for name, field in kind.FIELDS.items()]
    for kind in (Elf32_Ehdr, Elf32_Phdr, Elf32_Shdr)
}


def walk(image: bytes) -> tuple[list[tuple[int, ...]], list[tuple[int, ...]], list[str]]:
    """Program headers, section headers, and the names of the sections."""
    head = EHDR.unpack_from(image)
    phoff, shoff, phnum, shnum, shstrndx = head[11], head[12], head[16], head[18], head[19]
    segments = [PHDR.unpack_from(image, phoff + 32 * i) for i in range(phnum)]
    sections = [SHDR.unpack_from(image, shoff + 40 * i) for i in range(shnum)]
    strings = sections[shstrndx][4]
    names = []
    for section in sections:
        start = strings + section[0]
        names.append(image[start : image.index(b"\0", start)].decode())
    return segments, sections, names


def bare(image: bytes) -> str:
    """The walk, and a line for each field as `inspect` prints it, and for each section's bytes."""
    segments, sections, names = walk(image)
    lines = []
    head = EHDR.unpack_from(image)
    for (name, start, end, doc), value in zip(FIELDS[Elf32_Ehdr], head, strict=True):
        shown = f"{value:#x}" if isinstance(value, int) else value.hex()
        lines.append(f"{start:08x}  {end - start:>7}  elf.ehdr.{name:<44}  {shown:<20}  {doc}")
    for what, kind, first, table in (
        ("phdrs", Elf32_Phdr, head[11], segments), ("shdrs", Elf32_Shdr, head[12], sections),
    ):  # fmt: skip
        for index, values in enumerate(table):
            at = first + kind.SIZE * index
            for (name, start, end, doc), value in zip(FIELDS[kind], values, strict=True):
                path = f"elf.{what}[{index}].{name}"
                lines.append(
                    f"{at + start:08x}  {end - start:>7}  {path:<53}  {value:<#20x}  {doc}"
                )
    for name, section in zip(names, sections, strict=True):
        start, size = section[4], section[5]
        path, content = f"elf.content[{name}]", image[start : start + 16].hex()
        lines.append(f"{start:08x}  {size:>7}  {path:<53}  {content:<20}  bytes of the section")
    return "\n".join(lines)


def inspected(image: bytes) -> str:
    """What `rprocbench inspect` prints."""
    return listing("image.elf", image)


def parse(image: bytes) -> object:
    """The headers as objects."""
    elf = ElfView.parse(image)
    return elf.segments, elf.sections


def in_turn(*works: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    """The fastest of `rounds` runs of each, in milliseconds, one after the other all the time."""
    best = [float("inf")] * len(works)
    for _ in range(rounds):
        for index, work in enumerate(works):
            begun = perf_counter()
            work()
            best[index] = min(best[index], perf_counter() - begun)
    return [each * 1000 for each in best]


def milliseconds(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """The fastest of `rounds` runs, after one that is not counted."""
    work()
    times = []
    for _ in range(rounds):
        begun = perf_counter()
        work()
        times.append(perf_counter() - begun)
    return min(times) * 1000


def main() -> int:
    """Measure, tell, and say whether it is within the limits."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="the numbers as data")
    asked = parser.parse_args()
    image = firmware()
    verdict = linux_load(image)
    if verdict.result != "boot" or not verdict.table:
        raise SystemExit(f"the image does not boot: {verdict}")
    headers = [line for line in bare(image).split("\n") if "hdr" in line]
    if not set(headers) <= set(inspected(image).split("\n")):
        raise SystemExit("inspect and the bare walk print other lines")
    numbers = {"verdict_557k_ms": milliseconds(lambda: linux_load(image))}
    ours, theirs = in_turn(lambda: inspected(image), lambda: bare(image))
    parsed, walked = in_turn(lambda: parse(image), lambda: walk(image))
    numbers |= {"inspect_ratio": ours / theirs, "parse_ratio": parsed / walked}
    if asked.json:
        sys.stdout.write(json.dumps({name: round(n, 3) for name, n in numbers.items()}) + "\n")
    else:
        for name, number in numbers.items():
            limit = f"  (limit {LIMITS[name]})" if name in LIMITS else ""
            sys.stdout.write(f"{name:<18} {number:8.3f}{limit}\n")
        sys.stdout.write(f"inspect {ours:.2f} ms, bare walk and print {theirs:.2f} ms\n")
    return 0 if all(numbers[name] <= limit for name, limit in LIMITS.items()) else 1


if __name__ == "__main__":
    sys.exit(main())
