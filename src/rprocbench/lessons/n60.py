# SPDX-License-Identifier: GPL-2.0-or-later
"""Exercises of 60_they_talk."""

from rprocbench.base.errors import ModelledError, RprocError
from rprocbench.base.run import At
from rprocbench.base.trace import Changed, Passed
from rprocbench.bench import Machine
from rprocbench.bench.race import Outrun

from .answers import code, name, number
from .exercise import Key, exercise
from .machines import fill_up, running, said

NOWHERE = "0xffffffff"
HEAD_START_MS = 20


@exercise("60.1", number, (
    "rings(trace, at['kicked']): look at both rings.",
    "Each queue has .owners; the M4's buffers of the ring that it sends in count as well.",
))  # fmt: skip
def buffers_of_the_m4() -> Key:
    """How many of the 32 buffers has the M4 in hand when the doorbell rings for message 2?"""
    machine = running("echo")
    machine.linux.rpmsg["rpmsg-raw"].write("hello")
    trace = machine.run.trace
    before = [e for e in trace if isinstance(e, Passed)]
    at = next(i for i, e in enumerate(before) if e.step == "kicked" and 2 in e.messages)
    held = {"vdev0.input": set[int](), "vdev0.output": set[int]()}
    for event in before[: at + 1]:
        if event.queue not in held or event.head < 0:
            continue
        if event.step in ("lent", "published"):
            held[event.queue].add(event.head)
        elif event.step in ("answered", "used"):
            held[event.queue].discard(event.head)
    hears, sends = (len(held[queue]) for queue in ("vdev0.input", "vdev0.output"))
    return Key(
        hears + sends,
        f"{hears} that Linux has lent it to answer in, and {sends} with the message.",
        {
            hears: "Those are the empty ones. Where is the message?",
            sends: "That is the message's. And in what will the M4 answer?",
        },
    )


@exercise("60.2", code, (
    'running("two_endpoints").linux.rpmsg["rpmsg-tty"], and write with nonblock=True.',
    "A terminal of the kernel has no way to say `later`: it says that there is no memory.",
))  # fmt: skip
def refusal_of_a_terminal() -> Key:
    """With which error does the terminal of `two_endpoints` refuse a message too many?"""
    count, answer = fill_up(running("two_endpoints"), "rpmsg-tty")
    _, other = fill_up(running("echo"), "rpmsg-raw")
    return Key(
        answer,
        f"After {count} messages. The driver of terminals never waits, and passes on what the "
        "bus says to those who do not.",
        {other: "That is what /dev/rpmsg0 says. Try the terminal."},
    )


@exercise("60.3", code, (
    "Keep the port in a variable before `bye`, and write to it afterwards.",
    "Asking by name fails with another error than writing to a file that is still open.",
))  # fmt: skip
def writing_to_what_is_gone() -> Key:
    """What does write(2) report on the mirror's open file, after the firmware has taken it back?"""
    machine = running("two_endpoints")
    mirror = machine.linux.rpmsg["rpmsg-raw"]
    mirror.write("bye")
    machine.settle()
    errors = []
    for action in (lambda: mirror.write("x"), lambda: machine.linux.rpmsg["rpmsg-raw"]):
        try:
            action()
        except ModelledError as error:
            errors.append(error.code.name)
    answer, by_name = errors
    return Key(
        answer,
        "The file outlives its channel, and says so to whoever uses it.",
        {by_name: "That is the answer to who asks for the channel by name."},
    )


def loses(function: str) -> str | None:
    """None if the M4, outrunning a call of `function`, reads the table too early; else a hint."""
    try:
        machine = running("late_vring", {At(function): Outrun(HEAD_START_MS)})
    except RprocError as error:
        return f"That boot does not come up: {error}."
    if not machine.run.calls[function]:
        return "Linux calls no such function in this boot."
    if any(NOWHERE in line for line in said(machine)):
        return None
    clean = running("late_vring")
    first = first_call(clean, function)
    if first < started(clean):
        return "The M4 does not run yet when Linux calls that: it cannot be quick."
    return "By then the addresses are in the table: the M4 may be as quick as it likes."


def started(machine: Machine) -> int:
    """The event at which the M4 begins to run."""
    return next(
        index
        for index, event in enumerate(machine.run.trace)
        if isinstance(event, Changed) and (event.field, event.after) == ("running", True)
    )


def first_call(machine: Machine, function: str) -> int:
    """The event at which a function is called for the first time."""
    return next(
        index
        for index, event in enumerate(machine.run.trace)
        if getattr(event, "function", "") == function
    )


CANDIDATES = ("rproc_start", "stm32_rproc_start", "rproc_start_subdevices", "rproc_virtio_get")


@exercise("60.4", name, (
    "After the core is released, and before the virtio driver of Linux writes the addresses.",
    "Linux brings the vdev up as a subdevice, when the core runs already.",
))  # fmt: skip
def where_the_race_is() -> Key:
    """Before which function of Linux must the M4 be quick for `late_vring` to read too early?"""
    answer = next(each for each in CANDIDATES if loses(each) is None)
    return Key(
        answer,
        "The core runs, the addresses are still to come. It is not the only such place.",
        judge=loses,
        shown=repr(answer),
    )
