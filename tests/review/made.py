# SPDX-License-Identifier: GPL-2.0-or-later
"""Traces made by hand: calls as trees, objects as keywords."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import cast

from rprocbench.base.errors import Cite
from rprocbench.base.trace import (
    Changed,
    Created,
    Entered,
    Failed,
    Filled,
    Gone,
    Lane,
    Left,
    Logged,
    Trace,
    Unwound,
    Value,
    Wrote,
)  # fmt: skip

TREES = {"linux": Lane.LINUX, "optee_os": Lane.OPTEE}


@dataclass
class Call:
    """A call, what happens in it, and how it ends."""

    name: str
    inner: tuple[object, ...] = ()
    fails: str = ""
    injected: bool = False
    tree: str = "linux"


def call(name: str, *inner: object, fails: str = "", injected: bool = False) -> Call:
    """A call of Linux."""
    return Call(name, inner, fails, injected)


def ta(name: str, *inner: object, fails: str = "") -> Call:
    """A call in the TA."""
    return Call(name, inner, fails, tree="optee_os")


@dataclass
class Made:
    """Builds a trace. Objects keep their fields, so a change needs only the new value."""

    trace: Trace = field(default_factory=list)
    objects: dict[str, dict[str, Value]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def play(self, steps: Iterable[object], depth: int = 0) -> Trace:
        """Append steps: events as they are, calls with what is in them, changes of fields."""
        for step in steps:
            match step:
                case Call():
                    self.call(step, depth)
                case (str() as owner, str() as name, given):
                    value = cast("Value", given)
                    before = self.objects[owner].get(name)
                    self.objects[owner][name] = value
                    self.trace.append(Changed(owner, name, before, value))
                case Created():
                    self.objects[step.owner] = dict(step.fields)
                    self.trace.append(step)
                case _:
                    self.trace.append(step)  # type: ignore[arg-type]
        return self.trace

    def call(self, what: Call, depth: int) -> None:
        """One call."""
        nth = self.counts[what.name] = self.counts.get(what.name, 0) + 1
        cite = Cite(what.tree, "made.c", what.name)
        self.trace.append(Entered(what.name, nth, depth, cite, ""))
        self.play(what.inner, depth + 1)
        if what.fails:
            self.trace.append(Failed(what.name, depth, what.fails, "made", None, what.injected))
        else:
            self.trace.append(Left(what.name, depth))


def new(owner: str, kind: str, lane: Lane = Lane.LINUX, **fields: Value) -> Created:
    """An object comes into being."""
    return Created(owner, kind, lane, tuple(fields.items()))


def rproc(**fields: Value) -> Created:
    """A processor, OFFLINE and registered."""
    usual: dict[str, Value] = {
        "state": "OFFLINE", "power": 0, "registered": True, "lock_held": False,
        "notifyids": (), "table_ptr": None, "cached_table": None, "leaked_pdevs": 0,
    }  # fmt: skip
    return Created("remoteproc0", "Rproc", Lane.LINUX, tuple((usual | fields).items()))


def firmware(state: str = "OFF") -> Created:
    """What the TA knows of an image."""
    return new("firmware 0", "RemoteprocContext", Lane.OPTEE, state=state)


def mcu(*, running: bool = False) -> Created:
    """The core."""
    return new("MCU", "Mcu", Lane.HARDWARE, running=running)


PROBE = call("stm32_rproc_probe")
SECURE = call("tee_client_open_session")


def now(name: str, value: Value, owner: str = "remoteproc0") -> tuple[str, str, Value]:
    """A field changes."""
    return owner, name, value


def load(*, ok: bool = True, verified: bool = True) -> Call:
    """LOAD as it reaches the TA."""
    write = Wrote(Lane.OPTEE, "retram", 0, b"x")
    check = ta("remoteproc_verify_signature", fails="" if ok else "SECURITY")
    inner = (check, write) if verified else (write, check)
    done = (now("state", "LOADED", "firmware 0"),) if ok else ()
    return ta("remoteproc_load_fw", *inner, *done, fails="" if ok else "SECURITY")


def start(*inner: object, fails: str = "") -> Call:
    """The user's `echo start`."""
    return call("state_store", call("rproc_boot", *inner, fails=fails), fails=fails)


def stop(*inner: object, fails: str = "") -> Call:
    """The user's `echo stop`."""
    return call("state_store", call("rproc_shutdown", *inner, fails=fails), fails=fails)


def warning() -> Logged:
    """A line on Linux's console."""
    return Logged(Lane.LINUX, "warn", "made")


__all__ = [
    "PROBE", "SECURE", "Call", "Changed", "Filled", "Gone", "Made", "Unwound", "call", "firmware",
    "load", "mcu", "new", "now", "rproc", "start", "stop", "ta", "warning",
]  # fmt: skip
