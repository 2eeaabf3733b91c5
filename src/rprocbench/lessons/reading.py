# SPDX-License-Identifier: GPL-2.0-or-later
"""What lessons read off a finished run: commands, order, labels, states, what is left."""

from collections.abc import Iterator

from rprocbench.base.trace import Changed, Created, Entered, Failed, Left, Unwound
from rprocbench.bench import Recording
from rprocbench.review.story import Command, Moment, Story, read

# The steps of a boot that the argument is about, by the functions that take them.
STEPS = {
    "request_firmware": "request_firmware",
    "rproc_fw_sanity_check": "sanity_check",
    "rproc_enable_iommu": "enable_iommu",
    "rproc_prepare_device": "prepare",
    "rproc_parse_fw": "parse_fw",
    "rproc_handle_resources": "handle_resources",
    "rproc_alloc_registered_carveouts": "carveouts",
    "rproc_load_segments": "load",
    "rproc_prepare_subdevices": "prepare_subdevices",
    "stm32_rproc_start": "start",
    "rproc_start_subdevices": "start_subdevices",
}
# Whose state a boot is about: the field, and what it is called in a lesson.
WATCHED = {
    ("Rproc", "state"): "Linux",
    ("RemoteprocContext", "state"): "the TA",
    ("Pta", "state"): "the PTA",
    ("Mcu", "running"): "M4 runs",
}


def commands(run: Recording) -> list[str]:
    """The commands that Linux sent to the TA, in order; one that failed has a `!`."""
    return [word(command) for command in in_order(read(run.trace))]


def in_order(story: Story) -> list[Command]:
    """A story's commands in the order in which they were sent."""
    return sorted(story.commands, key=lambda command: command.call.start)


def word(command: Command) -> str:
    """One command in a word."""
    return command.what if command.ok else f"{command.what}!"


def order(run: Recording) -> list[str]:
    """The steps up to the first success or failure of a start, commands to the TA in capitals."""
    story = read(run.trace)
    starts = [rest for rest in story.rests if rest.call.name == "state_store"]
    end = starts[0].index if starts else len(run.trace)
    found = [(call.start, STEPS[call.name]) for call in story.calls if call.name in STEPS]
    found += [(command.call.start, word(command)) for command in story.commands]
    return [what for index, what in sorted(found) if index < end]


def labels(run: Recording) -> list[str]:
    """The labels that were jumped past, in order: how the run undid what it had done."""
    return [event.label for event in run.trace if isinstance(event, Unwound)]


def called(run: Recording, function: str, start: int = 0, end: int | None = None) -> int:
    """How often a function was called, between two events."""
    part = run.trace[start:end]
    return sum(isinstance(event, Entered) and event.function == function for event in part)


def results(run: Recording) -> list[str]:
    """What each write to sysfs returned: "0", or an error's name."""
    return [
        event.code if isinstance(event, Failed) else "0"
        for event in run.trace
        if isinstance(event, (Left, Failed))
        and event.depth == 0
        and event.function == "state_store"
    ]


def rests(run: Recording) -> list[Moment]:
    """The moments at which a write to sysfs had returned."""
    return [rest for rest in read(run.trace).rests if rest.call.name == "state_store"]


def changes(run: Recording) -> Iterator[tuple[int, str, str]]:
    """Every change of a watched state: the event, whose it is, the new value."""
    kinds: dict[str, str] = {}
    for index, event in enumerate(run.trace):
        if isinstance(event, Created):
            kinds[event.owner] = event.kind
        elif isinstance(event, Changed):
            whose = WATCHED.get((kinds.get(event.owner, ""), event.field))
            if whose:
                yield index, whose, spoken(event.after)


def spoken(value: object) -> str:
    """A state in a word."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
