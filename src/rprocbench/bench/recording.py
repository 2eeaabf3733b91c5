# SPDX-License-Identifier: GPL-2.0-or-later
"""A finished run: what was booted, how it ended, its trace, and any moment of it."""

import base64
import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rprocbench.base.errors import Errno, InputCode, InputError, TeeResult
from rprocbench.base.files import read_file, write_file
from rprocbench.base.run import At, Disturbance, Fail, Poke, Skip
from rprocbench.base.state import State, check, state_at
from rprocbench.base.trace import Changed, Entered, Failed, Lane, Logged, Message, Trace
from rprocbench.base.tracefile import decode_trace, encode_event
from rprocbench.formats.signed_image import MAGIC
from rprocbench.formats.vring import RPMSG_NS_ADDR
from rprocbench.kernel.remoteproc import RprocState

from .cause import Cause, cause_of
from .race import Outrun
from .wire_script import PokeRing, RingBell

FORMAT = "rprocbench run"
VERSION = 1
MAX_FILE = 256 * 1024 * 1024


@dataclass
class Recording:
    """One run, finished. `script` maps places to disturbances; `image` is what was booted."""

    name: str
    image: bytes
    design: str
    board: str
    script: dict[At, Disturbance] = field(default_factory=dict)
    trace: Trace = field(default_factory=list)

    @property
    def sha256(self) -> str:
        """The image's digest, in hex."""
        return hashlib.sha256(self.image).hexdigest()

    @property
    def verdict(self) -> str:
        """`running` if Linux ever said that the processor runs or is attached, else `refused`."""
        return "running" if {"RUNNING", "ATTACHED"} & set(self.states) else "refused"

    @property
    def states(self) -> list[str]:
        """The states that Linux gave the remote processor, in order, from OFFLINE on."""
        changes = (e for e in self.trace if isinstance(e, Changed) and e.field == "state")
        names = (e.after for e in changes if e.after in RprocState.__members__)
        return ["OFFLINE", *map(str, names)]

    @property
    def runs_unseen(self) -> bool:
        """Whether at the end the M4 runs, while Linux says OFFLINE."""
        runs = [
            e.after
            for e in self.trace
            if isinstance(e, Changed) and (e.owner, e.field) == ("MCU", "running")
        ]
        return bool(runs and runs[-1]) and self.states[-1] == "OFFLINE"

    @property
    def signed(self) -> bool:
        """Whether the image begins as OP-TEE's container does."""
        return self.image[:4] == MAGIC.to_bytes(4, "little")

    @property
    def unreached(self) -> list[At]:
        """The places of the script that the run never came to."""
        reached = {At(e.function, e.nth) for e in self.trace if isinstance(e, Entered)}
        return [at for at in self.script if at not in reached]

    @property
    def failure(self) -> int | None:
        """The index of the event in which the user was told of an error, or None."""
        for index, event in enumerate(self.trace):
            if isinstance(event, Failed) and event.depth == 0:
                return index
        return None

    @property
    def cause(self) -> Cause | None:
        """The check that first said no, or None when the user was told of no error."""
        return None if self.failure is None else cause_of(self.trace, self.failure)

    @property
    def code(self) -> str | None:
        """The code of the cause: a TEE result where OP-TEE refused, else an errno."""
        return self.cause.code if self.cause else None

    @property
    def errno(self) -> str | None:
        """What the user's write to sysfs returned, or None for success."""
        event = None if self.failure is None else self.trace[self.failure]
        return event.code if isinstance(event, Failed) else None

    @property
    def cause_text(self) -> str:
        """Who said no, with which code, why, about which bytes, by which rule; in one line."""
        cause = self.cause
        if cause is None:
            return "nobody said no"
        why = "an injected fault" if cause.injected else cause.why or "no reason given"
        where = f" at {cause.span}" if cause.span else ""
        told = f"; the user was told {self.errno}" if self.errno != cause.code else ""
        return f"{cause.lane} said {cause.code}: {why}{where}{told} [{cause.cite}]"

    @property
    def messages(self) -> list[Message]:
        """The rpmsg payloads that crossed, in order; the name service's own are left out."""
        messages = (event for event in self.trace if isinstance(event, Message))
        return [message for message in messages if message.target != RPMSG_NS_ADDR]

    @property
    def trace_buffer(self) -> str:
        """What the firmware wrote to its log."""
        lines = (e for e in self.trace if isinstance(e, Logged) and e.lane is Lane.M4)
        return "".join(f"{e.text}\n" for e in lines if e.level == "trace")

    def state_at(self, index: int) -> State:
        """Every object and every byte just after event `index`; -1 is before the first."""
        return state_at(self.trace, index)

    def save(self, path: Path) -> None:
        """Write the run as JSON. Raises `InputError` when `path` cannot be written."""
        data = {
            "format": FORMAT,
            "version": VERSION,
            "design": self.design,
            "board": self.board,
            "image": {
                "name": self.name,
                "sha256": self.sha256,
                "base64": base64.b64encode(self.image).decode(),
            },
            "script": [{"at": str(at), **_encode(what)} for at, what in self.script.items()],
            "events": [encode_event(event) for event in self.trace],
        }
        write_file(path, json.dumps(data, indent=None, separators=(",", ":")).encode())

    @classmethod
    def load(cls, path: Path) -> "Recording":
        """Read what `save` wrote. Raises `InputError` for any other file."""
        try:
            data = json.loads(read_file(path, MAX_FILE))
        except (ValueError, RecursionError):
            raise InputError(InputCode.BAD_FILE, f"{str(path)!r} is not JSON") from None
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise InputError(InputCode.BAD_FILE, f"{str(path)!r} is not a saved run")
        if data.get("version") != VERSION:
            why = f"{str(path)!r} has version {data.get('version')!r}, not {VERSION}"
            raise InputError(InputCode.UNSUPPORTED, why)
        try:
            image = base64.b64decode(data["image"]["base64"], validate=True)
            script = {parse_at(item["at"]): _decode(item) for item in data["script"]}
            names = (data["image"]["name"], data["design"], data["board"])
            if not all(isinstance(name, str) for name in names):
                raise TypeError("image, design and board are names")  # noqa: TRY301
            name, design, board = names
            run = cls(name, image, design, board, script, decode_trace(data["events"]))
            check(run.trace)
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(InputCode.BAD_FILE, f"{str(path)!r}: {error!r}") from None
        if run.sha256 != data["image"].get("sha256"):
            raise InputError(InputCode.BAD_FILE, f"{str(path)!r}: the image's digest differs")
        return run


def parse_at(text: str) -> At:
    """The place written `function` or `function#nth`. Raises `InputError` BAD_VALUE."""
    function, _, nth = text.partition("#")
    if not function or (nth and not (nth.isascii() and nth.isdigit() and int(nth) > 0)):
        raise InputError(InputCode.BAD_VALUE, f"{text!r} is not FUNCTION or FUNCTION#NTH")
    return At(function, int(nth or 1))


def _encode(what: Disturbance) -> dict[str, Any]:
    match what:
        case Fail(code=code):
            return {"fail": code.name}
        case Poke(buffer=buffer, offset=offset, data=data):
            return {"poke": {"buffer": buffer, "offset": offset, "hex": data.hex()}}
        case Outrun(ms=ms):
            return {"outrun": ms}
        case Skip(result=None):
            return {"skip": True}
        case PokeRing():
            return {"ring": str(what)}
        case RingBell(channel=channel, to_m4=to_m4):
            return {"bell": {"channel": channel, "to_m4": to_m4}}
    raise TypeError(f"{what!r} cannot be saved")


def _decode(item: dict[str, Any]) -> Disturbance:
    if poke := item.get("poke"):
        return Poke(poke["buffer"], poke["offset"], bytes.fromhex(poke["hex"]))
    if ms := item.get("outrun"):
        return Outrun(int(ms))
    if item.get("skip"):
        return Skip()
    if ring := item.get("ring"):
        return PokeRing.parse(ring)
    if bell := item.get("bell"):
        return RingBell(int(bell["channel"]), to_m4=bool(bell["to_m4"]))
    name = item["fail"]
    codes: tuple[type[Errno | TeeResult], ...] = (Errno, TeeResult)
    return Fail(next(kind[name] for kind in codes if name in kind.__members__))
