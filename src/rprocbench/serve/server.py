# SPDX-License-Identifier: GPL-2.0-or-later
"""The server: one modelled machine, and the files that are its user's handles."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

from rprocbench.base.errors import Crash, InputCode, InputError, ModelledError
from rprocbench.bench import Machine
from rprocbench.bench.demo import demo_key
from rprocbench.designs import MAINLINE, Design
from rprocbench.formats.elf_names import E_MACHINES
from rprocbench.soc.board import Board
from rprocbench.soc.boards import DEFAULT
from rprocbench.tee.pta_remoteproc import Verifier

from .clock import PAUSE, Pace
from .console import Console
from .coredumps import Coredumps
from .devices import Terminals, devices_of
from .firmware import PARAMETER, FirmwareFolders
from .handles import Handles
from .ledger import Ledger
from .tree import Tree
from .watching import Watching

AT_ONCE = 16  # times that data is moved before others get their turn
ELF_MAGIC, ELF_HEADER, EM_ARM = b"\x7fELF", 52, 40


@dataclass(frozen=True)
class Options:
    """What is served, and where. `name` is by default that of the board's device-tree node."""

    root: Path
    index: int = 0
    name: str | None = None
    board: Board = DEFAULT
    design: Design = MAINLINE
    key: Verifier = field(default_factory=lambda: demo_key().public)
    linux: str = "7.3"
    hardened: bool = False
    generation: str = "head"
    engine: bool = True
    verbose: bool = False

    def described(self) -> Board:
        """The board, its remote processor called as it was asked for."""
        return replace(self.board, node=self.name) if self.name else self.board


class Server:
    """Serves until it is told to stop. `tell` gets each line of the log."""

    def __init__(self, options: Options, tell: Callable[[str], None]) -> None:
        self.options = options
        self.tell = tell
        self.root = options.root.absolute()
        self.watching = Watching()
        self.pace = Pace(options.board.m4_hz)
        self.handles = Handles(self.root, options.index, tell)
        self._is_crashed = False
        self._has_more = False

    def serve(self, ready: Callable[[], None]) -> str:
        """Serve, calling `ready` once all files are there. Returns the signal that ended it.

        Raises `InputError`: the root is of no use, or the board's processor cannot be executed.
        """
        if self.options.engine and self.options.board.core != "cortex-m4":
            raise InputError(
                InputCode.UNSUPPORTED, f"{self.options.board.name} has a "
                f"{self.options.board.core}, which cannot be executed: only Linux's side can be "
                "served (--no-engine)",
            )  # fmt: skip
        self.ledger = Ledger(self.root, f"remoteproc{self.options.index}")
        self.tree = Tree(self.ledger, self.watching)
        self.handles.tree = self.tree
        self.terminals = Terminals(self.root, self.ledger, self.watching, self.tell)
        self.coredumps = Coredumps(self.root, self.tree)
        try:
            self.watching.start()
            self._make_library()
            self._power_on()
            self._publish()
            self.handles.is_ready = True
            ready()
            while self.watching.stopped_by is None:
                self._turn()
        except OSError as error:
            why = f"{str(self.root)!r} cannot be served any more: {error.strerror or error}"
            raise InputError(InputCode.NOT_WRITABLE, why) from None
        finally:
            self.terminals.close()
            self.tree.close()
            self.watching.close()
            self.ledger.close()
        return self.watching.stopped_by.name

    def _make_library(self) -> None:
        self.ledger.folder(self.root / "lib" / "firmware")
        self.ledger.shared_file(self.root / PARAMETER, "\n")

    def _power_on(self) -> None:
        """A machine with its driver probed. A driver that does not come up leaves no files."""
        options = self.options
        folders = FirmwareFolders(self.root, options.linux, self._note_machine)
        files = cast("dict[str, bytes]", folders)  # nobody writes to it
        self.machine = Machine(
            options.described(), options.design, options.key, files,
            generation=options.generation, engine=options.engine, linux=options.linux,
            hardened=options.hardened,
        )  # fmt: skip
        self.machine.host.indices = tuple(range(options.index))
        self.machine.run.is_quiet = True
        self.console = Console(self.machine.run, self.tell, verbose=options.verbose)
        try:
            self.machine.probe()
        except (ModelledError, Crash) as error:
            self.console.follow()
            why = f"the modelled Linux does not come up: {error}"
            raise InputError(InputCode.UNSUPPORTED, why) from None
        self.console.follow()

    def _note_machine(self, name: str, image: bytes) -> None:
        """Say if an ELF file is for another kind of processor: Linux does not look at that."""
        machine = int.from_bytes(image[18:20], "little")
        if image[:4] == ELF_MAGIC and len(image) >= ELF_HEADER and machine != EM_ARM:
            kind = E_MACHINES.get(machine, f"machine {machine}")
            self.tell(f"note: {name} is for {kind}, and nothing in Linux looks at that")

    # One turn: sleep, take what was written, let the processor run, show what came of it

    def _turn(self) -> None:
        pause = self._run()
        self.watching.wait(0 if self._has_more else pause)
        for file, data in self.tree.writes():
            if file.sink is not None and data:
                self._guarded(lambda file=file, data=data: file.sink(data))  # type: ignore[misc]
            self._settle()
        self._settle()

    def _run(self) -> float | None:
        """Let the processor run a piece. How long to sleep now, None for until something comes."""
        core = self.machine.soc.mcu.core
        if core is None or not self.machine.soc.mcu.running:
            self.pace.rest()
            return None
        target = self.pace.target(core.cycles)
        if target <= core.cycles:
            return PAUSE
        progress = True

        def run() -> None:
            nonlocal progress
            while progress and core.cycles < target:
                progress = core.run_until(target)
                self.machine.soc.deliver()
                self.machine.host.run_work()

        self._guarded(run)
        self._settle()
        if progress:
            return 0
        self.pace.rest()
        return None

    def _settle(self) -> None:
        """Show what is true now, everywhere."""
        if self._is_crashed:
            self._reboot()
        self._guarded(self._pass_on)
        self._publish()
        self.machine.run.is_quiet = False  # the firmware's log is worth a line
        self.machine.follow_log()
        self.machine.run.is_quiet = True
        self.console.follow()

    def _pass_on(self) -> None:
        for _ in range(AT_ONCE):
            self.terminals.follow(devices_of(self.machine))
            self._has_more = self.terminals.pass_on()
            if not self._has_more:
                return
            self.machine.settle()

    def _publish(self) -> None:
        self.handles.publish(self.machine, self.console)
        self.coredumps.follow(self.machine.host.coredumps)
        self.tree.refresh()

    # A kernel that crashed

    def _guarded(self, action: Callable[[], object]) -> None:
        """Do something. Where the real kernel would crash, note that it has."""
        try:
            action()
        except Crash as error:
            self.console.follow()
            self.console.refused("the kernel crashes here", error)
            self._is_crashed = True

    def _reboot(self) -> None:
        """Start over with a new machine: nothing of the old one can be trusted.

        Raises `InputError` if that one does not come up: what boots by itself crashes again.
        """
        self.tell("rebooting the modelled machine")
        self._is_crashed = False
        self.pace.rest()
        self._power_on()
