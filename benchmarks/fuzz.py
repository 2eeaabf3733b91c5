# SPDX-License-Identifier: GPL-2.0-or-later
# ruff: noqa: INP001  a script
"""Structured mutants of signed images through the secure side: nothing may leave but typed errors.

Run it as `python benchmarks/fuzz.py [--count N] [--seconds S] [--seed N] [--jobs N] [--json]`.

Each mutant is a base image with one to five changes: fields set to edge values, records moved,
dropped or doubled, bytes flipped, cut, put in. It goes through `QuickTa`, in the snapshot's
generation or one of the six others, mostly with a key that finds every signature genuine, or little
would come behind it; and through `verify_image`. Every 40th goes through `tee_load`, which must say
the same as `QuickTa`, every 400th through `chain`. It counts as slow if one of these takes more
than 100 ms of the processor. Mutant I of a seed is always the same: `--only I` runs it alone, and
shows its answer. Exit status 1 if anything was found.
"""

import argparse
import json
import multiprocessing
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from random import Random
from time import monotonic, process_time

from rprocbench.bench.chain import chain
from rprocbench.bench.demo import demo_key
from rprocbench.formats.elf_build import Sec, Seg, build_elf
from rprocbench.formats.elf_records import Elf32_Ehdr, Elf32_Phdr, Elf32_Shdr
from rprocbench.formats.keys import RsaPrivateKey
from rprocbench.formats.signed_image import HashRow, RemoteprocFwHdr, SignedImage
from rprocbench.formats.signer import sign_image
from rprocbench.tee import GENERATIONS
from rprocbench.tee.quick import QuickTa
from rprocbench.verdicts import tee_load, verify_image

SLOW = 0.1
MODELLED, CHAINED = 40, 400
CHUNK = 2000
U32 = 1 << 32
EDGES = (0, 1, 2, 3, 4, 7, 8, 16, 20, 31, 32, 40, 52, 63, 64, 127, 128, 255, 256, 0x7FFF, 0x8000,
         0xFFFF, 0x1_0000, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFF0, 0xFFFF_FFF8, 0xFFFF_FFF9,
         0xFFFF_FFFF, 0x1000_0000, 0x1004_0000, 0x3800_0000, 0x3000_0000, 0xFFFC)  # fmt: skip


@dataclass(frozen=True)
class Agreeable:
    """A key that finds every signature genuine."""

    modulus_bytes: bytes

    def verify(self, _digest: bytes, _signature: bytes) -> bool:
        """Yes."""
        return True


@dataclass
class Findings:
    """What came of some mutants."""

    mutants: int = 0
    results: Counter[str] = field(default_factory=Counter)
    undefined: int = 0
    slowest: float = 0.0
    slow: list[tuple[int, str, float]] = field(default_factory=list)
    exceptions: list[tuple[int, str, str]] = field(default_factory=list)
    differ: list[tuple[int, str, str]] = field(default_factory=list)

    def add(self, other: "Findings") -> None:
        """Take in what came of others."""
        self.mutants += other.mutants
        self.results += other.results
        self.undefined += other.undefined
        self.slowest = max(self.slowest, other.slowest)
        self.slow += other.slow
        self.exceptions += other.exceptions
        self.differ += other.differ

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found."""
        return not (self.slow or self.exceptions or self.differ)


@cache
def signer() -> RsaPrivateKey:
    """The demonstration's key: with another one each time no mutant would be the same again."""
    return demo_key()


@cache
def bases() -> tuple[bytes, ...]:
    """Sound images of several shapes."""
    table = bytes.fromhex("01000000 01000000") + bytes(8) + bytes.fromhex("14000000") + bytes(60)
    plain = build_elf([Seg(0, b"v" * 64), Seg(0x1000_0000, b"c" * 100)], [Sec(".text", segment=0)])
    full = build_elf(
        [Seg(0, b"v" * 64), Seg(0x1000_0000, b"c" * 333), Seg(0x3000_0000, b"r", p_type=4),
         Seg(0x1002_0000, table + b"data", fields={"p_memsz": 512})],
        [Sec(".isr_vector", segment=0), Sec(".text", segment=1),
         Sec(".resource_table", segment=3, fields={"sh_size": len(table)}), Sec(".comment", b"x")],
    )  # fmt: skip
    second = build_elf([Seg(0x3000_0100, b"second" * 5)], [Sec(".text", segment=0)])
    many = build_elf([Seg(0x1000_0000 + 64 * n, bytes([n]) * 40) for n in range(20)], [])
    bare = build_elf([Seg(0x40, b"no sections")], None)
    sets = [[plain], [full], [full, second], [second, plain, full], [many], [bare]]
    images = [sign_image([(str(i), e) for i, e in enumerate(s)], signer()).image for s in sets]
    extra = sign_image([("a", full)], signer(), key_info=b"info" * 9,
                       plat_tlvs=[("0x10001", "0x80100000")]).image  # fmt: skip
    return (*images, extra)


def mutant(seed: int, index: int) -> bytes:
    """Mutant `index` of a seed."""
    dice = Random(seed << 40 | index)  # noqa: S311  repeatable is what it shall be
    data = bytearray(dice.choice(bases()))
    for _ in range(dice.choice((1, 1, 1, 2, 2, 3, 5))):
        dice.choice(OPERATIONS)(data, dice)
    return bytes(data)


def put(data: bytearray, at: int, value: int, size: int) -> None:
    """A number at byte `at`, if there is room."""
    if 0 <= at <= len(data) - size:
        data[at : at + size] = (value % (1 << 8 * size)).to_bytes(size, "little")


def edge(data: bytearray, dice: Random, old: int) -> int:
    """A value that programs stumble over."""
    near = (old - 1, old + 1, old + 4, old - 4, old * 2, len(data), len(data) - old, U32 - old)
    return dice.choice((dice.choice(EDGES), dice.choice(near), dice.getrandbits(32)))


def set_field(data: bytearray, dice: Random) -> None:
    """One field of one structure: header, record, row, ELF, program or section header."""
    start, end = dice.choice(fields(bytes(data)))
    old = int.from_bytes(data[start:end], "little")
    put(data, start, edge(data, dice, old), end - start)


@cache
def _spans(record: type) -> tuple[tuple[int, int], ...]:
    return tuple(span for span in record.SPANS.values() if span[1] - span[0] <= 4)  # type: ignore[attr-defined]


def fields(data: bytes) -> list[tuple[int, int]]:
    """Where the numbers of an image lie, as far as it can still be read."""
    found = list(_spans(RemoteprocFwHdr))
    if len(data) < RemoteprocFwHdr.SIZE:
        return found
    header = RemoteprocFwHdr.parse(data)
    at, end = 20, min(20 + header.tlv_len, len(data) - 8)
    while at < end and len(found) < 200:
        kind, length = (int.from_bytes(data[at + i : at + i + 4], "little") for i in (0, 4))
        found += [(at, at + 4), (at + 4, at + 8), (at + 8, at + 9), (at + 8, at + 12)]
        if kind == 0x10 and length < 4096:
            rows = range(at + 8, at + 8 + length // 64 * 64, HashRow.SIZE)
            found += [(row + a, row + b) for row in rows for a, b in _spans(HashRow)]
        at += 8 + (length + 7) // 8 * 8
    elf = 20 + (header.tlv_len + 7) // 8 * 8 + (header.sign_len + 7) // 8 * 8
    if elf + 52 <= len(data):
        found += [(elf + a, elf + b) for a, b in _spans(Elf32_Ehdr)] * 3
        view = Elf32_Ehdr.parse(data, elf)
        for first, count, record in (
            (view.e_phoff, view.e_phnum, Elf32_Phdr), (view.e_shoff, view.e_shnum, Elf32_Shdr)
        ):  # fmt: skip
            starts = [elf + first + n * record.SIZE for n in range(min(count, 24))]
            found += [(s + a, s + b) for s in starts for a, b in _spans(record)]
    return found


def flip(data: bytearray, dice: Random) -> None:
    """One bit."""
    if data:
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)


def cut(data: bytearray, dice: Random) -> None:
    """The end, or a piece in the middle."""
    at = dice.randrange(len(data) + 1)
    del data[at : at + dice.choice((1, 4, 8, 64, len(data)))]


def insert(data: bytearray, dice: Random) -> None:
    """Bytes from elsewhere, or any."""
    at = dice.randrange(len(data) + 1)
    size = dice.choice((1, 4, 8, 16, 64))
    start = dice.randrange(len(data) + 1)
    data[at:at] = dice.choice((bytes(data[start : start + size]), dice.randbytes(size)))


def copy_over(data: bytearray, dice: Random) -> None:
    """Bytes of another image, at the same place or at another."""
    other = dice.choice(bases())
    size = dice.choice((4, 32, 64, 256))
    start = dice.randrange(len(other))
    at = dice.choice((start, dice.randrange(len(data) + 1)))
    data[at : at + size] = other[start : start + size]


def move_record(data: bytearray, dice: Random) -> None:
    """A record dropped, doubled, or moved; lengths are kept right."""
    if len(data) < RemoteprocFwHdr.SIZE:
        return
    image = SignedImage.parse(bytes(data))
    if not image.tlvs:
        return
    spans = [(t.header.span().start, t.padding.end) for t in image.tlvs[:16]]
    start, end = dice.choice(spans)
    record = bytes(data[start:end])
    how = dice.randrange(3)
    if how != 1:
        del data[start:end]
    if how != 0:
        at = dice.choice(spans)[0]
        data[at:at] = record
    size = image.header.tlv_len + len(record) * (how == 1) - len(record) * (how == 0)
    put(data, 8, size, 4)


OPERATIONS: tuple[Callable[[bytearray, Random], None], ...] = (
    set_field, set_field, set_field, set_field, set_field, flip, flip, cut, insert, copy_over,
    move_record,
)  # fmt: skip


@cache
def worlds() -> tuple[tuple[str, QuickTa], ...]:
    """A TA of each generation, and the snapshot's once more for each other key."""
    key = signer().public
    yes = Agreeable(key.modulus_bytes)
    heads = [("head", QuickTa(key)), ("head, any signature", QuickTa(yes))]
    others = [
        (f"{name}, any signature", QuickTa(yes, generation=name))
        for name in GENERATIONS
        if name != "head"
    ]
    wide = ("head, 64 bits, any signature", QuickTa(yes, bits=64))
    return (*heads * 3, *others, wide)


def timed(into: Findings, index: int, what: str, call: Callable[[], object]) -> object:
    """Call, and keep what must not happen."""
    begun = process_time()
    try:
        return call()
    except Exception as error:  # noqa: BLE001  whatever comes is what is looked for
        told = traceback.format_exception_only(error)[-1].strip()
        place = traceback.extract_tb(error.__traceback__)[-1]
        into.exceptions.append((index, what, f"{told} at {place.filename}:{place.lineno}"))
        return None
    finally:
        spent = process_time() - begun
        into.slowest = max(into.slowest, spent)
        if spent > SLOW:
            into.slow.append((index, what, spent))


def try_one(seed: int, index: int, into: Findings) -> None:
    """One mutant through everything that is its turn."""
    data = mutant(seed, index)
    name, world = worlds()[index % len(worlds())]
    answer = timed(into, index, f"QuickTa ({name})", lambda: world.load(bytearray(data)))
    into.mutants += 1
    if answer is not None:
        into.results[answer.result.name] += 1  # type: ignore[attr-defined]
        into.undefined += bool(answer.hazards)  # type: ignore[attr-defined]
    key = signer().public
    timed(into, index, "verify_image", lambda: verify_image(data, public_key=key))
    if index % MODELLED == 0:
        verdict = timed(into, index, "tee_load", lambda: tee_load(data, public_key=key))
        quick = timed(into, index, "QuickTa", lambda: worlds()[0][1].load(bytearray(data)))
        if verdict is not None and quick is not None:
            mine, whole = quick.result.name, verdict.real.name  # type: ignore[attr-defined]
            if mine != whole:
                into.differ.append((index, mine, whole))
    if index % CHAINED == 0:
        timed(into, index, "chain", lambda: chain(data, key))


def try_chunk(work: tuple[int, int, int]) -> Findings:
    """Some mutants, in one process."""
    seed, start, end = work
    into = Findings()
    for index in range(start, end):
        try_one(seed, index, into)
    return into


def chunks(seed: int, count: int) -> Iterator[tuple[int, int, int]]:
    """All work, in pieces."""
    for start in range(0, count, CHUNK):
        yield seed, start, min(start + CHUNK, count)


def run(args: argparse.Namespace) -> Findings:
    """As many mutants as there is time for."""
    total = Findings()
    end = monotonic() + args.seconds if args.seconds else float("inf")
    signer(), bases()
    with multiprocessing.get_context("fork").Pool(args.jobs) as pool:
        for found in pool.imap_unordered(try_chunk, chunks(args.seed, args.count)):
            total.add(found)
            if sys.stderr.isatty():
                sys.stderr.write(f"\r{total.mutants} mutants ")
            if monotonic() > end:
                pool.terminate()
                break
    return total


def as_data(total: Findings, args: argparse.Namespace, spent: float) -> dict[str, object]:
    """What there is to tell."""
    return {
        "seed": args.seed,
        "mutants": total.mutants,
        "seconds": round(spent, 1),
        "exceptions": total.exceptions[:50],
        "slow": total.slow[:50],
        "differ": total.differ[:50],
        "slowest_ms": round(1000 * total.slowest, 2),
        "undefined": total.undefined,
        "results": dict(total.results.most_common()),
    }


def main() -> int:
    """Try, tell, and say whether anything was found."""
    parser = argparse.ArgumentParser(description="Structured mutants through the secure side.")
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, help="stop after so long")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", type=int, metavar="I", help="one mutant, and its answer")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    args = parser.parse_args()
    if args.only is not None:
        data = mutant(args.seed, args.only)
        name, world = worlds()[args.only % len(worlds())]
        sys.stdout.write(f"{len(data)} bytes, SHA-256 {sha256(data).hexdigest()}, {name}\n")
        sys.stdout.write(f"{world.load(bytearray(data))}\n")
        return 0
    begun = monotonic()
    total = run(args)
    told = as_data(total, args, monotonic() - begun)
    if args.json:
        sys.stdout.write(json.dumps(told) + "\n")
    else:
        for name, value in told.items():
            sys.stdout.write(f"{name}: {value}\n")
    return 0 if total.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
