# SPDX-License-Identifier: GPL-2.0-or-later
"""The seam: places, disturbances, patches, ladders and what they leave in the trace."""

import pickle
from dataclasses import dataclass

import pytest

from rprocbench.base.errors import Cite, Crash, Errno, ModelledError, Span, Undefined, parse_code
from rprocbench.base.run import At, Fail, Poke, Run, Unwind, Watched, mirrors
from rprocbench.base.trace import Changed, Entered, Failed, Left, Unwound

toy_c = mirrors("linux:drivers/toy.c")


@dataclass
class Toy(Watched):
    """Something with a state."""

    run: Run
    power: int = 0
    parts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.watch("toy")


@toy_c
def toy_boot(toy: Toy) -> None:
    """Power up, then start; power down if that fails."""
    with Unwind(toy) as unwind:
        toy.power += 1
        unwind.label("power_down", toy_power_down, toy)
        toy_start(toy)


@toy_c
def toy_start(toy: Toy) -> None:
    """Add a part."""
    toy.parts += ("engine",)


@toy_c
def toy_power_down(toy: Toy) -> None:
    """Take the power away."""
    toy.power -= 1


def shape(run: Run) -> list[str]:
    """The calls of a run, in one short word each."""
    words = []
    for event in run.trace:
        match event:
            case Entered():
                words.append(event.function)
            case Failed():
                words.append(f"!{event.code}")
            case Unwound():
                words.append(f"~{event.label}")
            case _:
                pass
    return words


def test_a_clean_call_leaves_its_calls_and_changes() -> None:
    run = Run()
    toy_boot(Toy(run))
    assert shape(run) == ["toy_boot", "toy_start"]
    assert Changed("toy", "parts", (), ("engine",)) in run.trace
    assert run.trace[-1] == Left("toy_boot", 0)
    assert not run.stack


def test_an_injected_failure_unwinds_and_is_marked_as_injected() -> None:
    run = Run({At("toy_start"): Fail(Errno.EIO)})
    toy = Toy(run)
    with pytest.raises(ModelledError, match="EIO"):
        toy_boot(toy)
    assert shape(run) == [
        "toy_boot", "toy_start", "!EIO", "~power_down", "toy_power_down", "!EIO",
    ]  # fmt: skip
    assert toy.power == 0
    assert toy.parts == ()
    injected = [event.injected for event in run.trace if isinstance(event, Failed)]
    assert injected == [True, False]


def test_the_nth_call_is_a_place_of_its_own() -> None:
    run = Run({At("toy_start", 2): Fail(Errno.ENOMEM)})
    toy = Toy(run)
    toy_start(toy)
    with pytest.raises(ModelledError):
        toy_start(toy)
    toy_start(toy)
    assert toy.parts == ("engine", "engine")


@pytest.mark.parametrize("error", [Crash(Undefined.OOPS, "NULL call"), KeyError("a bug")])
def test_neither_a_crash_nor_a_bug_unwinds(error: Exception) -> None:
    def disturb(_subject: object) -> None:
        raise error

    run = Run({At("toy_start"): disturb})
    toy = Toy(run)
    with pytest.raises(type(error)):
        toy_boot(toy)
    assert toy.power == 1
    assert "~power_down" not in shape(run)
    assert not run.stack


def test_an_error_while_undoing_is_ignored_as_in_c() -> None:
    run = Run({At("toy_start"): Fail(Errno.EIO), At("toy_power_down"): Fail(Errno.EBUSY)})
    with pytest.raises(ModelledError, match="EIO"):
        toy_boot(Toy(run))


def test_a_patch_replaces_a_function_for_every_caller() -> None:
    @mirrors("lore:1234abcd")
    def toy_start(toy: Toy) -> None:
        toy.parts += ("patched",)

    run = Run(patches={"toy_start": toy_start})
    toy = Toy(run)
    toy_boot(toy)
    assert toy.parts == ("patched",)
    entered = [event for event in run.trace if isinstance(event, Entered)]
    assert entered[1].cite == Cite("lore", "1234abcd", "toy_start")
    assert entered[1].nth == 1


def test_a_poke_changes_a_shared_buffer_at_its_place() -> None:
    run = Run({At("toy_start"): Poke("image", 2, b"\xff")})
    run.buffers["image"] = bytearray(4)
    toy_start(Toy(run))
    assert run.buffers["image"] == b"\0\0\xff\0"


def test_errors_say_everything_and_survive_pickling() -> None:
    error = ModelledError(
        Errno.EINVAL,
        "tlv_len too big",
        span=Span("image", 8, 12),
        cite=Cite("optee_os", "ta/x.c", "f"),
    )
    assert str(error) == "EINVAL: tlv_len too big at image[0x8:0xc] [optee_os:ta/x.c#f]"
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301  our own bytes
    assert str(copy) == str(error)
    assert copy.span == error.span


@pytest.mark.parametrize(
    ("text", "name"), [("EIO", "EIO"), ("-eio", "EIO"), ("TEE_ERROR_SECURITY", "SECURITY")]
)
def test_codes_are_read_by_name(text: str, name: str) -> None:
    assert parse_code(text).name == name
