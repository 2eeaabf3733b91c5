# SPDX-License-Identifier: GPL-2.0-or-later
"""What is debugged: a machine that Linux has booted up to the M4's first instruction.

With it come its debug information, and a way to begin anew.
"""

from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from rprocbench.base.errors import Crash, InputCode, InputError, ModelledError
from rprocbench.base.files import read_file
from rprocbench.bench import Bench, Machine, Recording
from rprocbench.bench.demo import demo_key
from rprocbench.bench.session import Session
from rprocbench.emulator.debuginfo import DebugInfo
from rprocbench.formats.containers import Kind, identify
from rprocbench.formats.elf import PT_LOAD, ElfView
from rprocbench.formats.signed_image import SignedImage
from rprocbench.formats.signer import sign_image


@dataclass(frozen=True)
class Firmware:
    """A file as it was given: what Linux is to load, and where its debug information is.

    `notes` are what a user should know of it. `where` is the directory of the sources, perhaps.
    """

    name: str
    image: bytes
    info: DebugInfo
    notes: tuple[str, ...] = ()
    where: Path = field(default_factory=Path)


def elf_in(image: bytes) -> bytes | None:
    """The ELF file that is in `image`, or is `image`; None if there is none."""
    kind = identify(image)
    if kind is Kind.ELF:
        return image
    if kind is Kind.SIGNED:
        with suppress(InputError):
            payloads = SignedImage.parse(image).images
            return next((p.data for p in payloads if p.elf is not None), None)
    return None


def segments_of(elf: bytes | None) -> dict[int, bytes]:
    """What a file puts where."""
    if elf is None:
        return {}
    with suppress(InputError):
        view = ElfView.parse(elf)
        return {
            s.p_paddr: view.content(s) for s in view.segments if s.p_type == PT_LOAD and s.p_filesz
        }
    return {}


def is_of(debug: bytes, elf: bytes | None) -> bool:
    """Whether debug information describes the code of `elf`: what both load is equal."""
    theirs = segments_of(elf)
    mine = {at: data for at, data in segments_of(debug).items() if any(data)}
    shared = mine.keys() & theirs.keys()
    return bool(shared) and all(mine[at] == theirs[at] for at in shared)


def open_firmware(path: Path, symbols: Path | None = None) -> Firmware:
    """Read an image. Its debug information: `symbols`, or its own, or of NAME.debug beside it.

    Raises `InputError` for a file that cannot be read.
    """
    image = read_file(path)
    if symbols is not None:
        return with_symbols(path, image, symbols)
    info = DebugInfo(elf_in(image))
    if info.has_lines or (found := beside(path, elf_in(image))) is None:
        what = "symbols only" if info.names else "not even symbols"
        note = f"no debug information, {what} (--symbols F.elf gives it)"
        notes = () if info.has_lines else (note,)
        return Firmware(path.name, image, info, notes, path.resolve().parent)
    return Firmware(path.name, image, found, (), path.resolve().parent)


def with_symbols(path: Path, image: bytes, symbols: Path) -> Firmware:
    """An image with debug information from another file."""
    debug = read_file(symbols)
    if identify(debug) is not Kind.ELF:
        raise InputError(InputCode.NOT_ELF, f"{str(symbols)!r} is no ELF file with symbols")
    note = f"{symbols} does not describe this image: names and lines may be wrong"
    notes = () if is_of(debug, elf_in(image)) else (note,)
    return Firmware(path.name, image, DebugInfo(debug), notes, symbols.resolve().parent)


def beside(path: Path, elf: bytes | None) -> DebugInfo | None:
    """Debug information for `elf` in NAME.debug or NAME.elf next to the image."""
    for candidate in (path.with_suffix(".debug"), path.with_suffix(".elf")):
        if candidate.is_file() and candidate != path:
            debug = read_file(candidate)
            found = DebugInfo(debug)
            if found.has_lines and is_of(debug, elf):
                return found
    return None


def loadable(bench: Bench, image: bytes, *, is_own_key: bool) -> tuple[bytes, str]:
    """`image` as the design wants it, and what had to be done for that.

    A plain ELF is signed with the demonstration's key where that is the one in OP-TEE; of a signed
    image, a design without signatures gets the ELF inside.
    """
    kind = identify(image)
    if kind is Kind.ELF and bench.design.signed and not is_own_key:
        note = "a plain ELF file: signed with the demonstration's key"
        return sign_image([("firmware", image)], demo_key()).image, note
    if kind is Kind.SIGNED and not bench.design.signed:
        elf = elf_in(image)
        if elf is not None:
            return elf, f"a signed image: {bench.design.name} gets the ELF file inside"
    return image, ""


@dataclass
class Target:
    """A booted machine under a debugger. `session` is replaced when it begins anew."""

    bench: Bench
    firmware: Firmware
    machine: Machine = field(init=False)
    session: Session = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Power off and on, and boot up to the M4's first instruction.

        Raises `InputError` UNSUPPORTED with who refused, and why, if it does not get that far.
        """
        machine = self.bench.machine(self.firmware.image)
        try:
            machine.probe()
            machine.write_state("start")
        except (ModelledError, Crash) as error:
            raise InputError(InputCode.UNSUPPORTED, self._refusal(machine, error)) from None
        self.machine = machine
        self.session = Session(machine)

    def _refusal(self, machine: Machine, error: ModelledError | Crash) -> str:
        design, board = self.bench.design.name, self.bench.board.name
        run = Recording(self.firmware.name, b"", design, board, {}, machine.run.trace)
        return f"not booted: {run.cause_text if run.cause else error}"

    @property
    def info(self) -> DebugInfo:
        """The debug information."""
        return self.firmware.info

    def registers(self) -> dict[str, int]:
        """All registers at the cursor."""
        return dict(self.session.registers)


def open_target(
    path: Path, bench: Bench, *, symbols: Path | None = None, is_own_key: bool = False
) -> Target:
    """Boot the image at `path`. Raises `InputError` where it cannot be read, or does not boot."""
    found = open_firmware(path, symbols)
    image, note = loadable(bench, found.image, is_own_key=is_own_key)
    notes = (*found.notes, note) if note else found.notes
    return Target(bench, replace(found, image=image, notes=notes))
