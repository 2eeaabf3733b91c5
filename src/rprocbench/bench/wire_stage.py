# SPDX-License-Identifier: GPL-2.0-or-later
"""A stage for one fault on the wire: it talks before, lets the fault happen, and talks again."""

from collections.abc import Callable
from dataclasses import dataclass, field

from rprocbench.base.errors import Crash, ModelledError
from rprocbench.base.quiet import quietly
from rprocbench.base.run import At, Disturbance, Modelled
from rprocbench.base.trace import Lane, Logged, Message
from rprocbench.designs import MAINLINE
from rprocbench.formats.vring import RPMSG_NS_ADDR
from rprocbench.kernel.rpmsg_char import RpmsgEptdev
from rprocbench.kernel.virtproc import VirtprocInfo

from . import Bench
from .demo import demo_elf
from .machine import FollowedCore, Machine
from .wire_remote import Remote

PATIENCE_MS = 100
CHANNEL = "rpmsg-raw"
LIE = b"a lie"  # what a hostile remote says, and tells untruths about


@dataclass
class Stage:
    """A machine that runs, with the firmware `echo` or with a scripted remote.

    `answers` has, for each thing said, `echo`, None for silence, or an error's code. `late`
    counts echoes of earlier messages, `strange` what nobody had said, `believed` the remote's lie.
    """

    linux: str = "7.3"
    hardened: bool = False
    with_remote: bool = False
    script: dict[At, Disturbance] = field(default_factory=dict)
    answers: list[str | None] = field(default_factory=list)
    said: int = 0
    waited_for: set[bytes] = field(default_factory=set)
    late: int = 0
    strange: int = 0
    believed: int = 0

    def __post_init__(self) -> None:
        bench = Bench(design=MAINLINE, engine=not self.with_remote, linux=self.linux,
                      hardened=self.hardened)  # fmt: skip
        self.machine: Machine = bench.machine(demo_elf(), self.script)
        self.machine.run.script = self.script  # not a copy: faults are added on the way
        self.remote = Remote(self.machine)
        if self.with_remote:
            core = FollowedCore(self.remote, self.machine.follow_log)
            self.machine.soc.mcu.plug(core)
        self.machine.probe()
        self.machine.write_state("start")
        self.open()
        self.machine.settle()

    def open(self) -> None:
        """Wait for the channel, and open its file."""
        self.port = self.machine.linux.rpmsg.wait_for(CHANNEL)
        device = self.port.device
        assert isinstance(device, RpmsgEptdev)
        self.device = device

    @property
    def bus(self) -> VirtprocInfo:
        """The rpmsg bus. There is none after a stop."""
        return self.machine.buses[0]

    def next(self, function: str, what: Disturbance | Callable[[Modelled], None]) -> None:
        """Disturb the next call of `function`."""
        self.script[At(function, self.machine.run.calls[function] + 1)] = what

    def say(self, *, nonblock: bool = False) -> None:
        """Say something, and note what is heard: its echo, nothing, or an error's code."""
        self.said += 1
        text = f"message {self.said}".encode()
        self.waited_for.add(text)
        try:
            self.port.write(text, nonblock=nonblock)
            self.machine.wait(lambda: text in self.device.queue, PATIENCE_MS)
        except ModelledError as error:
            self.answers.append(error.code.name)
            return
        self.answers.append("echo" if text in self.device.queue else None)
        for heard in self.drain():
            if heard not in self.waited_for:
                self.believed += heard == LIE
                self.strange += heard != LIE
            elif heard != text:
                self.late += 1
            self.waited_for.discard(heard)
        self.machine.settle()

    def turn(self, ms: int = PATIENCE_MS) -> None:
        """Let both sides work."""
        self.machine.wait(lambda: False, ms)

    def drain(self) -> list[bytes]:
        """Take everything that has arrived and was not read."""
        return [self.port.read() for _ in range(self.port.waiting)]


@dataclass(frozen=True)
class WireFault:
    """Something that goes wrong between Linux and the M4; `who` is the one who misbehaves.

    `play` makes it happen on a stage where one message was answered already. `remote` says that it
    needs a scripted remote, `quiet` that it makes too many events to be told.
    """

    name: str
    title: str
    who: Lane
    play: Callable[[Stage], None]
    remote: bool = False
    quiet: bool = False


@dataclass(frozen=True)
class Outcome:
    """How a fault ended in one kernel. `end` is one of `ENDS`; `detail` says it in a line."""

    fault: WireFault
    linux: str
    hardened: bool
    end: str
    detail: str
    answers: tuple[str | None, ...]


ENDS = {
    "unharmed": "everything said afterwards is answered, and nothing is missing",
    "late": "an answer came later than its message, after which all was well",
    "loses": "messages or buffers are lost; what is said afterwards is answered",
    "deaf": "Linux hears nothing any more; it can be stopped and started",
    "mute": "Linux cannot send any more; it can be stopped and started",
    "misled": "a program is given bytes that nobody meant for it; all else goes on",
    "believed": "Linux delivers what it was told nothing true about; all else goes on",
    "refused": "Linux or the M4 refuses what was sent, and says so; all else goes on",
    "gives up": "the M4 uses the ring no more; Linux can stop and start it",
    "crash": "the kernel has no defined result: it would oops",
}


def play(fault: WireFault, linux: str = "7.3", *, hardened: bool = False) -> Outcome:
    """Let one fault happen, and say how it ended. Never raises what the fault causes."""
    stage = Stage(linux, hardened, fault.remote)
    run = stage.machine.run
    stage.say()
    start = len(run.trace)
    try:
        if fault.quiet:
            with quietly(run):
                fault.play(stage)
        else:
            fault.play(stage)
        for _ in range(3):
            stage.say()
        stage.drain()
        end, detail = _judge(stage, start)
        stage.machine.write_state("stop")
        stage.machine.remove()
    except Crash as crash:
        end, detail = "crash", crash.why
    return Outcome(fault, linux, hardened, end, detail, tuple(stage.answers))


def _judge(stage: Stage, start: int) -> tuple[str, str]:
    """How it ended, and what was printed about it."""
    logs = [e for e in stage.machine.run.trace[start:] if isinstance(e, Logged)]
    said = [e.text for e in logs if e.level in ("err", "warn")]
    last = said[-1] if said else ""
    gave_up = [e.text for e in logs if "given up" in e.text]
    answer = stage.answers[-1]
    if gave_up:
        return "gives up", gave_up[-1]
    if answer not in ("echo", None):
        return "mute", f"{answer}: {last}"
    if answer is None:
        broken = stage.machine.buses and stage.bus.rvq.broken
        why = "the queue is broken" if broken else "nothing arrives"
        return "deaf", f"{why}: {said[0]}" if said else why
    return _harm(stage, start, last)


def _harm(stage: Stage, start: int, last: str) -> tuple[str, str]:
    """What it cost, where what is said afterwards is answered."""
    lost = stage.bus.rvq.num_free
    received = (e for e in stage.machine.run.trace[start:] if isinstance(e, Message))
    foreign = [
        each for each in received
        if each.direction == "received" and each.target not in (RPMSG_NS_ADDR, 0x400)
    ]  # fmt: skip
    if lost:
        return "loses", f"{lost} of {stage.bus.rvq.ring.num} buffers: {last}"
    if stage.late:
        return "late", f"{stage.late} of {stage.said} answers: {last or 'nobody notices'}"
    ends = (
        ("loses", None in stage.answers, "a message was never answered"),
        ("misled", stage.strange, f"{_messages(stage.strange)} that nobody sent delivered"),
        ("believed", stage.believed, "the message is delivered all the same"),
        ("refused", foreign or last, f"{_messages(len(foreign))} to nobody"),
    )
    for end, is_so, detail in ends:
        if is_so:
            return end, detail if end in ("misled", "believed") else last or detail
    return "unharmed", "nobody notices"


def _messages(count: int) -> str:
    return "1 message" if count == 1 else f"{count} messages"
