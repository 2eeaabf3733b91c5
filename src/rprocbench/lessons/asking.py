# SPDX-License-Identifier: GPL-2.0-or-later
"""`check`, `hint`, `solution`: what a notebook calls. None of them raises for a bad answer."""

import os
from collections import Counter

from .answers import Unread
from .exercise import EXERCISES, Exercise
from .reply import Replies, Reply, Tone

STRICT = "RPROCBENCH_STRICT"
# How many of an exercise's hints were given in this session.
GIVEN: Counter[str] = Counter()


class WrongAnswer(Exception):  # noqa: N818  it says what happened
    """Raised for a wrong answer where `RPROCBENCH_STRICT=1` asks for it, as our tests do."""


def check(name: object, answer: object = ...) -> Reply:
    """Whether `answer` answers the exercise called `name`, found out by a run.

    A wrong answer brings a hint that fits it, and the next of the exercise's own. The answer `...`
    is none, and costs nothing.
    """
    exercise = found(name)
    if exercise is None:
        return wrong(called(name), no_such())
    name = exercise.name
    if answer is ...:
        todo = "Put your answer in place of the three dots, and run the cell again."
        return Reply(name, Tone.OPEN, (todo,), aside=exercise.hints[0])
    try:
        read = exercise.read(answer)
    except Unread as why:
        return wrong(name, str(why))
    except Exception:  # noqa: BLE001  the answer may be an object of the learner's own, and fail
        return wrong(name, "That answer cannot be read: it failed when it was looked at.")
    fitting = exercise.key.judged(read)
    if fitting is None:
        return Reply(name, Tone.RIGHT, (exercise.key.because,))
    return wrong(name, *filter(None, (fitting, next_hint(exercise))))


def found(name: object) -> Exercise | None:
    """The exercise called `name`: text, or the number that 30.1 looks like."""
    if isinstance(name, (str, float)) and not isinstance(name, bool):
        return EXERCISES.get(str(name)[:20])
    return None


def wrong(name: str, *lines: str) -> Reply:
    """The reply to a wrong answer; raised where strictness is asked for."""
    reply = Reply(name, Tone.WRONG, lines)
    if os.environ.get(STRICT) == "1":
        raise WrongAnswer(str(reply))
    return reply


def called(name: object) -> str:
    """What to call an exercise that there is not."""
    return name[:20] if isinstance(name, str) else "?"


def no_such() -> str:
    """What there is, for whoever mistyped an exercise's name."""
    return f"There is no exercise of that name. There are: {', '.join(sorted(EXERCISES))}."


def next_hint(exercise: Exercise) -> str:
    """The next hint that was not given yet; at the end, where the solution is."""
    number = GIVEN[exercise.name]
    if number < len(exercise.hints):
        GIVEN[exercise.name] += 1
        return f"Hint {number + 1} of {len(exercise.hints)}: {exercise.hints[number]}"
    return f'You have had every hint. solution("{exercise.name}") shows one way to do it.'


def hint(name: object) -> Reply:
    """The next hint for an exercise, each time another, the last one pointing to the solution."""
    exercise = found(name)
    if exercise is None:
        return Reply(called(name), Tone.HINT, (no_such(),))
    return Reply(exercise.name, Tone.HINT, (next_hint(exercise),))


def solution(name: object) -> Reply:
    """A right answer and why it is one; `.answer` is the answer itself."""
    exercise = found(name)
    if exercise is None:
        return Reply(called(name), Tone.SOLUTION, (no_such(),))
    key = exercise.key
    lines = (key.shown or repr(key.answer), key.because)
    return Reply(exercise.name, Tone.SOLUTION, lines, key.answer, hidden=True)


def solutions(chapter: str | int) -> Replies:
    """The solutions of one notebook, each folded away until it is clicked."""
    names = sorted(each for each in EXERCISES if each.split(".")[0] == str(chapter))
    return Replies(tuple(map(solution, names)))
