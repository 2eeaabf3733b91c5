# SPDX-License-Identifier: GPL-2.0-or-later
"""An exercise: a question whose answer a run gives. Nothing right is ever typed in.

To add one: a function below `@exercise("30.2", reader, hints)` that makes the runs it needs and
returns a `Key`. Its docstring is the question.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from .answers import Reader


@dataclass(frozen=True)
class Key:
    """What is right, and what to say.

    `answer` is a right answer and `because` why it is. `mistakes` are wrong answers that one comes
    to for a reason, each with a hint of its own. Where many answers are right, `judge` says whether
    one is: it gives None, or a hint that fits what is wrong with it. `shown` is how to write the
    answer down, where `repr` would not do.
    """

    answer: Any
    because: str
    mistakes: Mapping[Any, str] = field(default_factory=dict)
    judge: Callable[[Any], str | None] | None = None
    shown: str = ""

    def judged(self, answer: Any) -> str | None:
        """None if `answer` is right, else the hint that fits it; "" where there is none."""
        if self.judge:
            return self.judge(answer)
        return None if answer == self.answer else self.mistakes.get(answer, "")


@dataclass(frozen=True)
class Exercise:
    """A question: how its answer is read, what helps, and how it is worked out."""

    name: str
    question: str
    read: Reader
    hints: tuple[str, ...]
    work: Callable[[], Key]

    @cached_property
    def key(self) -> Key:
        """The answer, worked out from runs when it is first needed."""
        return self.work()


EXERCISES: dict[str, Exercise] = {}


def exercise(
    name: str, read: Reader, hints: tuple[str, ...]
) -> Callable[[Callable[[], Key]], Callable[[], Key]]:
    """Register a function that works out the answer of the exercise called `name`."""

    def register(work: Callable[[], Key]) -> Callable[[], Key]:
        assert name not in EXERCISES, f"there are two exercises {name}"
        question = " ".join((work.__doc__ or "").split())
        EXERCISES[name] = Exercise(name, question, read, hints, work)
        return work

    return register
