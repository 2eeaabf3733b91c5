# SPDX-License-Identifier: GPL-2.0-or-later
"""Sequences of commands to OP-TEE, in the two notations of the recorded scripts: `tee_script`."""

from collections.abc import Mapping, Sequence

from rprocbench.base.errors import InputCode, InputError
from rprocbench.soc.board import Board
from rprocbench.tee import Generation
from rprocbench.tee.heap import TA_HEAP_SIZE

from .tee import board_named, check_number, generation_named, image_bytes, rsa_key
from .tee_corpus import SEVERAL_SESSIONS, CorpusPlayer, Step
from .tee_images import NO_FILE
from .tee_machine import TeeMachine
from .tee_player import StepVerdict
from .tee_scenario import ScenarioPlayer

Images = Mapping[str, object] | Sequence[object]


def tee_script(  # noqa: PLR0913  all but three have defaults
    steps: Sequence[str | Step],
    images: Images = (),
    *,
    public_key: object,
    board: Board | str = "stm32mp157c-dk2",
    ta: Generation | str = "head",
    offset: int = 0,
    bits: int = 32,
    heap_size: int | None = TA_HEAP_SIZE,
) -> list[StepVerdict]:
    """Give `steps` to a fresh OP-TEE, one after the other, and tell what came of each.

    Steps are lines (`load 0 NAME`, see `tee_scenario`), and `images` a mapping by name; or they are
    lists (`["load", 0, 0]`, see `tee_corpus`), and `images` a sequence. A `poke` in a list changes
    an image and has no verdict of its own. The other arguments are those of `tee_load`.

    Raises `InputError` for a step that means nothing, an image that is not there, and all that
    `tee_load` refuses.
    """
    check_number("offset", offset, range(1 << 31))
    check_number("bits", bits, (32, 64))
    lines = [step for step in steps if isinstance(step, str)]
    if lines and len(lines) != len(steps):
        raise InputError(InputCode.BAD_VALUE, "the steps are all lines, or all lists")
    machine = TeeMachine(
        key=rsa_key(public_key),
        board=board_named(board),
        generation=generation_named(ta),
        bits=bits,
        heap_size=heap_size,
    )
    if lines:
        return ScenarioPlayer(machine, lambda name: _named(images, name)).run(lines)
    machine.tee.flags = SEVERAL_SESSIONS
    given = images.values() if isinstance(images, Mapping) else images
    player = CorpusPlayer(machine, [image_bytes(each) or b"" for each in given], offset)
    return player.run([_checked(step) for step in steps])


def _named(images: Images, name: str) -> bytes | None:
    """The image of that name; None for a file that is meant not to be there."""
    if name == NO_FILE:
        return None
    if not isinstance(images, Mapping):
        raise InputError(InputCode.BAD_VALUE, "steps that are lines need a mapping of images")
    if name not in images:
        raise InputError(InputCode.NOT_FOUND, f"no image {name!r} was given")
    return image_bytes(images[name])


def _checked(step: object) -> Step:
    """The step, if it is one at all."""
    if not isinstance(step, (list, tuple)) or not step or not isinstance(step[0], str):
        raise InputError(InputCode.BAD_VALUE, f"{step!r:.60} is no step of a script")
    return step
