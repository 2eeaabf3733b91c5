# SPDX-License-Identifier: GPL-2.0-or-later
"""Records of the real TA, PTA and driver: what each kind holds, and how a case of it is judged.

- malformed images: a list; each `file` is given to LOAD_FW (or `image`, in hex)
- edits of base images: `{"cases": [...]}`; the buffer ends at an unmapped page
- command sequences, as lines: a list of scenarios, each against one generation of the TA
- scripts over built images: one case a line, `gen_corpus.py` builds the images
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from rprocbench.base.errors import InputCode, InputError, TeeResult
from rprocbench.formats.keys import RsaPublicKey, load_public_key, rsa_public_key
from rprocbench.tee.undefined import READ

from .conform import ABSENT, Disagreement, JsonRecords, Outcome, Records, compare, read_json
from .sources import Sources, read_packed
from .tee_corpus import SEVERAL_SESSIONS, CorpusPlayer, as_recorded
from .tee_images import NamedImages
from .tee_machine import TeeMachine
from .tee_scenario import ScenarioPlayer

BASES = {"A": "m4_rsc_rsa2048.sig", "M": "multi_rsa2048.sig"}
KEYS = ("rsa2048_pub.pem", "rsa2048.pem")
RECORD_FILES = ("verdicts.json", "verdicts.jsonl", "fuzz.json", "scenarios.json")
EXACT = 1  # the buffer's pages: only the image's own bytes are mapped
SAFE = TeeResult.BAD_FORMAT.name
CALL = re.compile(r"PTA\.\w+(\(.*\))?(=[0-9a-f]{8})?|(de)?assert\(\w+\)")


def open_records(path: Path, sources: Sources) -> Records | None:
    """The records in `path`, if they are of a kind that is known here."""
    stem = path.name.removesuffix(".gz")
    if not stem.endswith((".json", ".jsonl")):
        return None
    held = held_by(path)
    near = sources.beside(path)
    if isinstance(held, Mapping) and isinstance(held.get("cases"), list):
        if has(held["cases"], "base", "edits", "result"):
            return JsonRecords(path, near, judge_edits, pick=cases_of)
    elif isinstance(held, list):
        if has(held, "pta_calls", "result"):
            return JsonRecords(path, near, judge_image)
        if has(held, "scenario", "steps", "ta"):
            return JsonRecords(path, near, judge_scenario)
        if has(held, "img", "script", "v"):
            return JsonRecords(path, near, judge_script)
    return None


def held_by(path: Path) -> Any:
    """What a file holds; None of a file that is neither JSON nor called like a record file.

    Raises `InputError` BAD_FILE.
    """
    try:
        return read_json(path)
    except InputError:
        if path.name.removesuffix(".gz") in RECORD_FILES:
            raise
        return None


def has(cases: list[Any], *keys: str) -> bool:
    """Whether the first case is a mapping with these keys."""
    return bool(cases) and isinstance(cases[0], Mapping) and all(key in cases[0] for key in keys)


def cases_of(held: Any) -> Any:
    """The cases of a file of edits."""
    return held["cases"]


@cache
def key_at(path: Path) -> RsaPublicKey:
    """The RSA key of a file. Raises `InputError`."""
    key = load_public_key(read_packed(path), str(path))
    if not isinstance(key, RsaPublicKey):
        raise InputError(InputCode.BAD_KEY, f"{path} is no RSA key")
    return key


@cache
def base_image(path: Path) -> bytes:
    """A base image."""
    return read_packed(path)


def harness_key(sources: Sources) -> RsaPublicKey:
    """The key that the recordings' OP-TEE had built in."""
    return key_at(sources.need(*KEYS))


def load(
    image: bytes, sources: Sources, **options: Any
) -> tuple[str, list[str], list[int], TeeMachine]:
    """Open a session and load: the result, the PTA's calls, the resource table as four words."""
    offset = options.pop("offset", 0)
    machine = TeeMachine(key=harness_key(sources), **options)
    machine.open()
    machine.pta_calls()
    result = machine.load(image, offset=offset)
    calls = machine.pta_calls()
    return result.ret.name, calls, machine.get_rsc()[1], machine


def judge_image(case: Mapping[str, Any], sources: Sources) -> Outcome:
    """One malformed image."""
    name = str(case.get("name") or case["file"])
    if "image" in case:
        image = bytes.fromhex(case["image"])
    else:
        image = read_packed(sources.need(case["file"]))
    offset = case.get("buffer_align_offset", 0)
    result, calls, table, machine = load(image, sources, offset=offset)
    ours: dict[str, Any] = {"result": result, "pta_calls": calls}
    theirs: dict[str, Any] = {"result": case["result"], "pta_calls": case["pta_calls"]}
    if "size" in case:
        ours["size"], theirs["size"] = len(image), case["size"]
    if "code" in case:
        ours["code"], theirs["code"] = f"{TeeResult[result]:#010x}", case["code"].lower()
    words = [int(word, 16) for word in case.get("rsc_table", {}).values()] or [0] * 4
    ours["rsc_table"], theirs["rsc_table"] = table, words
    if result == TeeResult.TARGET_DEAD.name and not case["pta_calls"]:
        del ours["pta_calls"], theirs["pta_calls"]  # the harness lost its trace with the TA
    if machine.tee.hazards and case["result"] == SAFE:
        ours["result"] = SAFE
    return Outcome(name, tuple(compare(ours, theirs)))


def judge_edits(case: Mapping[str, Any], sources: Sources) -> Outcome:
    """One edited base image, in a buffer that ends where nothing is mapped."""
    image = bytearray(base_image(sources.need(BASES.get(case["base"], case["base"]))))
    for offset, data in case["edits"]:
        image[offset : offset + len(data) // 2] = bytes.fromhex(data)
    result, calls, table, machine = load(bytes(image), sources, shm_granule=EXACT)
    loose = case.get("layout_dependent")
    dead = case["result"] == TeeResult.TARGET_DEAD.name
    found = list(undefined(out_of_buffer(machine), theirs=loose is not None, dead=dead))
    if loose is not None and SAFE in loose and out_of_buffer(machine):
        result = SAFE  # what a safe loader says, whatever lies behind the image
    if loose is None or result not in loose:
        found += compare({"result": result}, {"result": case["result"]})
    ours = {"pta": calls, "rsc": table}
    found += compare(ours, {"pta": case["pta"], "rsc": list(case.get("rsc", [0] * 4))})
    name = f"{case['base']} {' '.join(f'{at}:{data}' for at, data in case['edits'])}"
    return Outcome(name, tuple(found))


def judge_scenario(case: Mapping[str, Any], sources: Sources) -> Outcome:
    """One sequence of commands against one generation of the TA."""
    name = f"{case['scenario']} ({case['ta']})"
    generation = case["ta"].removeprefix("ta_").removesuffix(".so")
    machine = TeeMachine(key=harness_key(sources), generation=generation)
    player = ScenarioPlayer(machine, NamedImages(sources))
    found: list[Disagreement] = []
    for index, step in enumerate(case["steps"]):
        verdict = player.step(step["cmd"])
        calls = [call for call in step["trace"].split(";") if call and "TOCTOU" not in call]
        ours: dict[str, Any] = {"result": verdict.text}
        theirs: dict[str, Any] = {"result": step["result"]}
        if all(CALL.fullmatch(call) for call in calls):  # else the harness printed something else
            ours["trace"], theirs["trace"] = list(verdict.pta_calls), calls
        found += compare(ours, theirs, f"{index}: {step['cmd']}")
    return Outcome(name, tuple(found))


@cache
def corpus_key(sources: Sources) -> RsaPublicKey:
    """The key built into the OP-TEE of the scripts."""
    modulus, exponent = sources.corpus().KEYS["test"][:2]
    return rsa_public_key(modulus, exponent)


def judge_script(case: Mapping[str, Any], sources: Sources) -> Outcome:
    """One script: with the heap as it is, without its limit, and as a 64-bit TA if that differs."""
    images = sources.corpus().build_tee(case)
    ours: dict[str, Any] = {"sha256": [sha256(image).hexdigest() for image in images]}
    theirs: dict[str, Any] = {"sha256": case["sha256"]}
    if found := tuple(compare(ours, theirs)):
        return Outcome(case["id"], found)
    reads, ours = play(case, images, sources)
    theirs = {"v": case["v"]}
    unsafe = "oracle_unsafe" in case
    found = tuple(undefined(reads, theirs=unsafe, dead=died(case["v"])))
    if not unsafe:  # else the recorded steps are only one possible outcome
        found += tuple(compare(ours, theirs))
    if "heap4k" in case:
        _, free = play(case, images, sources, heap_size=None)
        results = [step["res"] for step in free["v"]]
        found += tuple(compare(results, case["heap4k"], "heap4k"))
    if "alt64" in case:
        alt = case["alt64"]
        reads, wide = play(case, images, sources, bits=64)
        unsafe = alt.get("oracle_unsafe", case.get("oracle_unsafe")) is not None
        steps = alt.get("v", case["v"])
        found += tuple(undefined(reads, theirs=unsafe, dead=died(steps), prefix="alt64."))
        if not unsafe:
            found += tuple(compare(wide["v"], steps, "alt64.v"))
    return Outcome(case["id"], found)


def play(
    case: Mapping[str, Any], images: list[bytes], sources: Sources, **options: Any
) -> tuple[list[str], dict[str, Any]]:
    """What the model reads outside of its buffers, and its verdicts in the records' words."""
    machine = TeeMachine(
        key=corpus_key(sources), is_watched=False, flags=SEVERAL_SESSIONS, **options
    )
    steps = CorpusPlayer(machine, images, case.get("align", 0)).run(case["script"])
    return out_of_buffer(machine), {"v": [as_recorded(step) for step in steps]}


def out_of_buffer(machine: TeeMachine) -> list[str]:
    """What the model's TA read that was not the image's."""
    return [str(hazard) for hazard in machine.tee.hazards if hazard.kind == READ]


def died(steps: list[Mapping[str, Any]]) -> bool:
    """Whether the TA faulted in the recording."""
    return any("events" in step for step in steps)


def undefined(
    reads: list[str], *, theirs: bool, dead: bool, prefix: str = ""
) -> Iterator[Disagreement]:
    """Whether the real code left defined behaviour, by the record and by the model.

    A TA that faulted did, whatever else the record says of it; one that was stopped did not.
    """
    if bool(reads) != theirs and not (dead and not theirs):
        ours = reads[0] if reads else ABSENT
        yield Disagreement(f"{prefix}undefined", ours, "unsafe" if theirs else ABSENT)
