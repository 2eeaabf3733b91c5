# SPDX-License-Identifier: GPL-2.0-or-later
"""`rprocbench boot`: one image through one design, undisturbed or with calls that fail."""

import argparse
import difflib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rprocbench.base.errors import InputCode, InputError, parse_code
from rprocbench.base.files import write_file

from .options import (
    add_board_options,
    add_design_option,
    add_image_options,
    add_key_option,
    add_linux_options,
    add_ta_options,
    board_of,
    choose,
    image_of,
    key_of,
    linux_of,
    ta_of,
)
from .output import as_json, out, out_as_drawn, warn

LONGEST_MS = 60_000

if TYPE_CHECKING:
    from rprocbench.base.run import At, Disturbance
    from rprocbench.bench import Recording


def add_to(verbs: Any) -> None:
    """The grammar of the verb."""
    parser = verbs.add_parser(
        "boot", help="boot an image and tell what happened",
        description="Boot an image, say hello, shut it down. Exit status 0 if it ran, else 1.",
    )  # fmt: skip
    add_image_options(parser, "signed image, or ELF for mainline")
    add_design_option(parser, "v22")
    add_board_options(parser)
    add_linux_options(parser)
    add_ta_options(parser)
    add_key_option(parser)
    parser.add_argument("--fault", action="append", default=[], metavar="FUNCTION[#NTH]=CODE",
                        help="let a call fail, say rproc_tee_start=EIO; SKIP: lose a signal, "
                        "say stm32_rproc_kick#2=SKIP")  # fmt: skip
    parser.add_argument("--wire", action="append", default=[],
                        metavar="FUNCTION[#NTH]=RING.FIELD=VALUE",
                        help="write into a ring before a call, say "
                        "rproc_virtio_notify#2=output.avail.idx=+100")  # fmt: skip
    parser.add_argument("--outrun", action="append", default=[], metavar="FUNCTION[#NTH]=MS",
                        help="let the M4 run so long before a call, say "
                        "rproc_start_subdevices=20")  # fmt: skip
    parser.add_argument(
        "--message",
        "--say",
        dest="say",
        action="append",
        metavar="TEXT",
        help="what to send; default: hello",
    )
    parser.add_argument(
        "--anyway", action="store_true", help="boot even what is no firmware at all"
    )
    parser.add_argument("--trace", type=Path, metavar="F.json", help="save the run")
    add_output(parser)
    parser.set_defaults(run=run, parser=parser)


def add_output(parser: argparse.ArgumentParser) -> None:
    """How to tell: shared with `demo`."""
    parser.add_argument("--full", action="store_true", help="every event, not only the story")
    parser.add_argument("--json", action="store_true", help="the same as data")
    parser.add_argument("--out", type=Path, metavar="F.html", help="one offline page")


def run(args: argparse.Namespace) -> int:
    """Boot once and tell."""
    from rprocbench.bench import Bench
    from rprocbench.designs import DESIGNS

    design = choose(args.parser, "design", args.design, DESIGNS)
    board, kernel, generation = board_of(args), linux_of(args), ta_of(args)
    script = dict(parse_outrun(args.parser, text) for text in args.outrun)
    script |= dict(parse_fault(args.parser, text) for text in args.fault)
    script |= dict(parse_wire(args.parser, text) for text in args.wire)
    name, image = image_of(args, signed=design.signed)
    if args.image:
        check_kind(image, args)
    bench = Bench(
        board=board, design=design, key=key_of(args), generation=generation, linux=kernel.linux,
        hardened=kernel.hardened,
    )  # fmt: skip
    say = [text.encode() for text in args.say] if args.say is not None else [b"hello"]
    recording = bench.boot(image, name=name, script=script, say=say)
    for at in recording.unreached:
        warn(f"nothing failed at {at}: it was never called so often")
    if recording.verdict != "running" or recording.code:
        headline = "REFUSED" if recording.verdict == "refused" else "RAN, THEN FAILED"
        warn(f"{headline}: {recording.cause_text}")
    if args.trace:
        recording.save(args.trace)
    tell([recording], args, f"{name} through {design.name}")
    return 0 if recording.verdict == "running" and recording.code is None else 1


def check_kind(image: bytes, args: argparse.Namespace) -> None:
    """Refuse what is no firmware at all, unless told to go on; say so where it is the wrong kind.

    Raises `InputError` UNSUPPORTED.
    """
    from rprocbench.designs import DESIGNS
    from rprocbench.formats.containers import Kind, identify

    kind = identify(image)
    signed = DESIGNS[args.design].signed
    if not args.anyway:
        refuse_foreign(image, args.image, "--anyway boots it all the same")
    if kind is Kind.ELF and signed:
        warn(f"a plain ELF file: {args.design} takes a signed image (see rprocbench sign)")
    if kind is Kind.SIGNED and not signed:
        warn(f"a signed image: {args.design} takes the ELF file inside")


def refuse_foreign(image: bytes, path: Path, remedy: str = "") -> None:
    """Raise `InputError` UNSUPPORTED if the file is known to be something else than a firmware.

    Bytes that nobody knows pass: a damaged image looks like that.
    """
    from rprocbench.formats.containers import Kind, advice, identify

    kind = identify(image)
    if kind not in (Kind.SIGNED, Kind.ELF, Kind.RAW):
        more = f": {advice(kind)}" if advice(kind) else ""
        way = f" ({remedy})" if remedy else ""
        raise InputError(InputCode.UNSUPPORTED, f"{str(path)!r} is a {kind}{more}{way}")


def parse_fault(parser: argparse.ArgumentParser, text: str) -> "tuple[At, Disturbance]":
    """`FUNCTION[#NTH]=CODE` as a line of a script, or a wrong-usage exit that says what is near."""
    from rprocbench.base.errors import TeeResult
    from rprocbench.base.run import MIRRORED, Fail, Skip
    from rprocbench.bench.wire_script import SIGNALS
    from rprocbench.kernel.tee_client import CROSSINGS

    at, code = parse_place(parser, "--fault", text, "CODE")
    if code == "SKIP":
        if at.function not in SIGNALS:
            parser.error(f"only a signal can be lost: {', '.join(SIGNALS)}")
        return at, Skip()
    try:
        error = parse_code(code)
    except InputError as problem:
        parser.error(f"--fault {text!r}: {problem.why}")
    secure = all(cite.tree == "optee_os" for cite in MIRRORED[at.function])
    if secure and not isinstance(error, TeeResult):
        parser.error(f"{at.function} runs in OP-TEE: it fails with a TEE result, not with {code}")
    if not secure and isinstance(error, TeeResult) and at.function not in CROSSINGS:
        where = f"{code} is an answer of the TA, and can be given at {', '.join(CROSSINGS)}"
        parser.error(f"{at.function} runs in Linux: it fails with an errno; {where}")
    return at, Fail(error)


def parse_wire(parser: argparse.ArgumentParser, text: str) -> "tuple[At, Disturbance]":
    """`FUNCTION[#NTH]=RING.FIELD=VALUE` as a line of a script, or a wrong-usage exit."""
    from rprocbench.bench.wire_script import PokeRing

    at, poke = parse_place(parser, "--wire", text, "RING.FIELD=VALUE")
    try:
        return at, PokeRing.parse(poke)
    except InputError as problem:
        parser.error(f"--wire {text!r}: {problem.why}")


def parse_outrun(parser: argparse.ArgumentParser, text: str) -> "tuple[At, Disturbance]":
    """`FUNCTION[#NTH]=MS` as a line of a script, or a wrong-usage exit."""
    from rprocbench.bench.race import Outrun

    at, ms = parse_place(parser, "--outrun", text, "MS")
    if not (ms.isascii() and ms.isdigit() and 0 < int(ms) <= LONGEST_MS):
        parser.error(f"--outrun {text!r}: MS is a number from 1 to {LONGEST_MS}")
    return at, Outrun(int(ms))


def parse_place(
    parser: argparse.ArgumentParser, option: str, text: str, what: str
) -> "tuple[At, str]":
    """The place before the equals sign, and what comes after it."""
    from rprocbench.base.run import MIRRORED
    from rprocbench.bench.recording import parse_at

    place, equals, value = text.partition("=")
    if not equals:
        parser.error(f"{option} {text!r} is not FUNCTION[#NTH]={what}")
    try:
        at = parse_at(place)
    except InputError as problem:
        parser.error(f"{option} {text!r}: {problem.why}")
    if at.function not in MIRRORED:
        near = difflib.get_close_matches(at.function, MIRRORED, 3)
        more = f"; near: {', '.join(near)}" if near else ""
        parser.error(f"no function {at.function!r} to disturb{more}")
    return at, value


def tell(recordings: "list[Recording]", args: argparse.Namespace, title: str) -> None:
    """Tell of finished runs: as text or data, and as a page if one was asked for."""
    if args.out:
        write_file(args.out, page(recordings, title).encode())
    if args.json:
        out(as_json({"boots": [as_data(recording) for recording in recordings]}))
        return
    for recording in recordings:
        out_as_drawn(as_text(recording, full=args.full))


def as_data(recording: "Recording") -> dict[str, Any]:
    """One boot for programs."""
    from rprocbench.base.trace import lanes
    from rprocbench.base.tracefile import encode_event
    from rprocbench.review import judge

    cause = recording.cause
    return {
        "image": recording.name,
        "sha256": recording.sha256,
        "design": recording.design,
        "board": recording.board,
        "verdict": recording.verdict,
        "runs_unseen": recording.runs_unseen,
        "code": recording.code,
        "errno": recording.errno,
        "cause": cause and {
            "function": cause.function, "lane": cause.lane.value, "code": cause.code,
            "why": cause.why, "span": str(cause.span) if cause.span else None,
            "rule": str(cause.cite), "injected": cause.injected,
        },
        "messages": [
            {"id": message.id, "direction": message.direction,
             "text": message.payload.decode(errors="replace")}
            for message in recording.messages
        ],
        "trace_buffer": recording.trace_buffer,
        "breaches": [
            {"invariant": breach.invariant, "what": breach.what, "event": breach.index}
            for breach in (judge(recording.trace) if recording.script else ())
        ],
        "lanes": [
            {"lane": lane.value} | encode_event(event)
            for lane, event in zip(lanes(recording.trace), recording.trace, strict=True)
        ],
    }  # fmt: skip


def as_text(recording: "Recording", *, full: bool) -> str:
    """One boot for people."""
    from rprocbench.views.recording_view import recording_text
    from rprocbench.views.terminal import Terminal

    return recording_text(recording, Terminal.of(sys.stdout), full=full)


def page(recordings: "list[Recording]", title: str) -> str:
    """All boots as one offline page."""
    from rprocbench.views.recording_page import recording_page

    return recording_page(recordings, title)
