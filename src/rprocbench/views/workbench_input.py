# SPDX-License-Identifier: GPL-2.0-or-later
"""What a user hands to the workbench: an image or a saved run, as bytes, a path or an object."""

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from rprocbench.base.errors import Errno, InputCode, InputError, TeeResult
from rprocbench.base.files import read_file
from rprocbench.base.run import At, Disturbance, Fail
from rprocbench.base.trace import Lane
from rprocbench.bench import Bench, Recording
from rprocbench.bench.demo import demo_elf, demo_image, demo_key
from rprocbench.designs import DESIGNS
from rprocbench.formats.containers import Kind, advice, identify
from rprocbench.formats.keys import RsaPublicKey, load_public_key
from rprocbench.soc.board import Board
from rprocbench.soc.boards import BOARDS, DEFAULT

DEMO = "demonstration"
MAX_RUN = 256 * 1024 * 1024


def input_of(thing: object, design: str = "v22") -> "Recording | tuple[str, bytes]":
    """A run, or an image with its name; the demonstration's where `thing` is None.

    Raises `InputError` for a file that is neither, and for any other kind of object.
    """
    match thing:
        case None:
            return DEMO, demo_image() if DESIGNS[design].signed else demo_elf()
        case Recording():
            return thing
        case bytes() | bytearray() | memoryview():
            return named_input("image", bytes(thing))
        case str() | Path():
            path = Path(thing)
            return named_input(path.name, read_file(path, MAX_RUN))
    kind = type(thing).__name__
    why = f"this ({kind}) is neither an image nor a run: give bytes, a path or a run"
    raise InputError(InputCode.UNSUPPORTED, why)


def named_input(name: str, data: bytes) -> "Recording | tuple[str, bytes]":
    """A saved run or an image. Raises `InputError` for what is neither."""
    if data[:1] == b"{":
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "run.json"
            path.write_bytes(data)
            try:
                return Recording.load(path)
            except InputError as error:
                why = error.why.replace(repr(str(path)), repr(name))
                raise InputError(error.code, why) from None
    kind = identify(data)
    if kind not in (Kind.SIGNED, Kind.ELF):
        more = f": {advice(kind)}" if advice(kind) else ""
        raise InputError(InputCode.UNSUPPORTED, f"{name!r} is no firmware, but: {kind}{more}")
    return name, data


def key_of(pem: bytes, name: str) -> RsaPublicKey:
    """The key in `pem`. Raises `InputError` BAD_KEY unless OP-TEE could have it built in."""
    key = load_public_key(pem, name)
    if not isinstance(key, RsaPublicKey):
        why = f"{name} is no RSA key: OP-TEE has none other built in"
        raise InputError(InputCode.BAD_KEY, why)
    return key


def codes_for(lane: Lane) -> dict[str, Errno | TeeResult]:
    """The errors that a call in `lane` can report, the likeliest first."""
    kind: type[Errno | TeeResult] = TeeResult if lane is Lane.OPTEE else Errno
    first = ("GENERIC", "COMMUNICATION", "SECURITY") if kind is TeeResult else ("EIO", "ENOMEM")
    names = [*first, *(name for name in sorted(kind.__members__) if name not in first)]
    return {name: kind[name] for name in names if name != "SUCCESS"}


@dataclass
class Desk:
    """What is chosen: enough to boot, and the run that came of it last.

    `described` is a board that has no name here; it goes before `board`.
    """

    name: str = DEMO
    image: bytes = field(default_factory=demo_image)
    board: str = DEFAULT.name
    described: Board | None = None
    design: str = "v22"
    key: RsaPublicKey = field(default_factory=lambda: demo_key().public)
    faults: dict[At, Disturbance] = field(default_factory=dict)
    recording: Recording | None = None

    def take(self, given: "Recording | tuple[str, bytes]") -> None:
        """Put an image or a run on the desk; an image is booted, a run is looked at."""
        if isinstance(given, Recording):
            self.name, self.image, self.faults = given.name, given.image, dict(given.script)
            self.board = given.board if given.board in BOARDS else self.board
            self.design = given.design if given.design in DESIGNS else self.design
            self.recording = given
        else:
            self.name, self.image = given
            self.faults = {}
            self.boot()

    def boot(self) -> Recording:
        """Boot what is on the desk."""
        image = self.image
        if self.name == DEMO:
            image = demo_image() if DESIGNS[self.design].signed else demo_elf()
            self.image = image
        bench = Bench(
            board=self.described or BOARDS[self.board], design=DESIGNS[self.design], key=self.key
        )
        self.recording = bench.boot(image, name=self.name, script=self.faults)
        return self.recording

    def fail(self, at: At, code: Errno | TeeResult) -> None:
        """From now on that call fails."""
        self.faults = {**self.faults, at: Fail(code)}

    @property
    def told_faults(self) -> str:
        """The faults as `--fault` takes them."""
        return ", ".join(
            f"{at}={what.code.name}" if isinstance(what, Fail) else f"{at}: bytes are changed"
            for at, what in self.faults.items()
        )

    @property
    def unreached(self) -> str:
        """The faults that the run never came to, in a sentence; empty if there are none."""
        places = self.recording.unreached if self.recording else []
        return f"Never called so often: {', '.join(map(str, places))}." if places else ""
