# SPDX-License-Identifier: GPL-2.0-or-later
"""Recorded verdicts of Linux: the real 6.12, and 6.1 and a 64-bit build where they differ (`alt`).

What the recordings took for granted is in `linux_recorded`. Where the real code was unsafe, only
that is compared: anything may have come of it.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rprocbench.base.errors import Errno, InputCode, InputError

from .conform import Disagreement, JsonRecords, Outcome, Records, compare, read_json
from .linux_recorded import ALTERNATIVES, MAIN, MOVES, Build, verdict_of
from .linux_verdict import LinuxCarveout, LinuxVerdict, digest
from .sources import Sources

NO_DRIVER = 1
# What the recordings do not have: information, and lines of virtio's core, which was emulated.
UNHEARD = re.compile(r"info:|err:virtio\d")
EVENT_TYPES = ("OOB_READ", "VRING_OOB", "VRING_NUM0", "FORMAT_STRING")
SANITIZER = "oracle_unsafe"


def open_records(path: Path, sources: Sources) -> Records | None:
    """The records of a file, if they are Linux's."""
    if not path.name.removesuffix(".gz").endswith(".jsonl"):
        return None
    cases = read_json(path)
    first = cases[0] if cases else None
    if not isinstance(first, Mapping) or not isinstance(first.get("v"), Mapping):
        return None
    if "image" not in first and not {"b", "ops"} <= first.keys():
        return None
    return JsonRecords(path, sources.beside(path), judge_case)


def judge_case(case: Mapping[str, Any], sources: Sources) -> Outcome:
    """Hold a record, and its `alt` rows, against the kernels they were made with.

    A kernel without a row did the same: it is only asked when the user names its version.
    """
    image = image_of(case, sources)
    found: list[Disagreement] = []
    for build in (MAIN, *ALTERNATIVES):
        if sources.linux not in (None, build.linux):
            continue
        named = sources.linux is not None and build.bits == MAIN.bits
        if not build.alt or named or build.alt in case.get("alt", {}):
            found += judge(case, image, build)
    return Outcome(str(case["id"]), tuple(found))


def image_of(case: Mapping[str, Any], sources: Sources) -> bytes:
    """The image of a record: in it, in hex, or built from its descriptor. Raises `InputError`."""
    if "image" in case:
        return bytes.fromhex(case["image"])
    image: bytes = sources.corpus().build_kernel(case)
    if "sha256" in case and digest(image) != case["sha256"]:
        raise InputError(InputCode.BAD_FILE, "gen_corpus.py builds another image than the record's")
    return image


def judge(case: Mapping[str, Any], image: bytes, build: Build) -> list[Disagreement]:
    """Where one kernel's verdict differs from the record.

    Where it is undefined or not by the address of a ring, any address may have been the one.
    """
    first: list[Disagreement] = []
    for moved in MOVES:
        found = disagreements(case, build, verdict_of(image, build, moved))
        if not found:
            return []
        first = first or found
        if not found[0].field.endswith(".undefined"):
            break
    return first


def disagreements(case: Mapping[str, Any], build: Build, ours: LinuxVerdict) -> list[Disagreement]:
    """Where a verdict differs from what the record says of that kernel."""
    theirs, unsafe = recorded(case, build)
    where = f"alt.{build.alt}" if build.alt else "v"
    if unsafe and ours.undefined is not None:
        return []
    if unsafe or ours.undefined is not None:
        return [Disagreement(f"{where}.undefined", ours.undefined, unsafe or None)]
    return list(compare(as_recorded(ours), theirs, where))


def recorded(case: Mapping[str, Any], build: Build) -> tuple[dict[str, Any], str]:
    """What the record says of one kernel, and what was unsafe about it ("": nothing)."""
    v = dict(case["v"])
    seen = [each for each in case.get(SANITIZER, []) if each["type"] not in EVENT_TYPES]
    if build.alt:
        v |= case.get("alt", {}).get(build.alt, {})
        if SANITIZER in v:  # what a sanitizer saw, without what the recorder itself noticed
            report = v.pop(SANITIZER)
            seen = [report] if report else []
        v = {name: value for name, value in v.items() if value is not None}
    v.setdefault("started", 0)
    noticed = [event for event in v.pop("events", []) if event.startswith(EVENT_TYPES)]
    crash = v.pop("crash", None) or (v["result"] == "oops")
    why = [*map(str, seen), *noticed] or ([f"a fault: {crash}"] if crash else [])
    return v, "; ".join(why)


def as_recorded(verdict: LinuxVerdict) -> dict[str, Any]:
    """A verdict in the records' words."""
    booted = verdict.result == "boot"
    v: dict[str, Any] = {
        "result": verdict.result,
        "ret": 0 if booted else errno_number(verdict.errno),
        "stage": "ok" if booted else verdict.stage,
        "started": int(verdict.started),
        "mem": {memory(name): sha for name, sha in verdict.memories.items()},
        "log": [line for line in verdict.log if not UNHEARD.match(line)],
        "leaked_pdev": verdict.leaked_devices,
    }
    if booted:
        v["shutdown"] = errno_number(verdict.shutdown)
    if verdict.parse_fw is not None:
        v["parse_fw"] = errno_number(verdict.parse_fw)
    if verdict.boot_address is not None:
        v["boot_addr"] = hex(verdict.boot_address)
    if verdict.table:
        v["table_sha256"] = verdict.table.sha256
        if verdict.table.pa is not None:
            v |= {"table_pa": hex(verdict.table.pa), "table_sz": verdict.table.size}
    return v | {name: rows for name, rows in lists(verdict).items() if rows}


def lists(verdict: LinuxVerdict) -> dict[str, list[Any]]:
    """What a verdict lists, in the records' words. Of the carveouts, those the table bears on."""
    return {
        "carveouts": [
            [c.name, hex(c.da), hex(c.size), hex(c.pa), offset_of(c)]
            for c in verdict.carveouts
            if c.dynamic or c.rsc_offset is not None
        ],
        "traces": [[hex(t.da), hex(t.size), t.readable] for t in verdict.traces],
        "virtio": [
            {
                "id": d.id, "features": hex(d.features), "status": d.status,
                "rpmsg": NO_DRIVER if d.probe is None else errno_number(d.probe),
            }
            for d in verdict.vdevs
        ],
    }  # fmt: skip


def offset_of(carveout: LinuxCarveout) -> int:
    """Where the table asks for a carveout; -1: nowhere."""
    return -1 if carveout.rsc_offset is None else carveout.rsc_offset


def errno_number(name: str | None) -> int:
    """A name as the kernel returns it; 0 for none."""
    return -Errno[name].value if name else 0


def memory(name: str) -> str:
    """The records' name of a memory: what was allocated is called by its address alone."""
    return name.replace("dma@0x", "dyn@")
