# SPDX-License-Identifier: GPL-2.0-or-later
"""Exercises of 70_the_seed_argument."""

from rprocbench.base.errors import Errno
from rprocbench.base.run import At, Disturbance, Fail
from rprocbench.bench.demo import demo_image, with_flipped_byte
from rprocbench.designs import DESIGNS

from .answers import Unread, names, number, one_of, script
from .boot_tables import loaded
from .exercise import Key, exercise
from .reading import commands, rests, results
from .runs import boot, clean, failing, try_again

SIGNED = tuple(name for name, design in DESIGNS.items() if design.signed)
LATE: dict[At, Disturbance] = {At("rproc_alloc_registered_carveouts"): Fail(Errno.ENOMEM)}


@exercise("70.1", one_of(*DESIGNS), (
    "Let each boot undisturbed, and look at run.runs_unseen.",
    "One of them never assigns RUNNING to the state.",
))  # fmt: skip
def whose_m4_runs_unseen() -> Key:
    """Whose undisturbed boot ends with an M4 that runs while Linux says OFFLINE?"""
    unseen = [name for name in DESIGNS if clean(name).runs_unseen]
    (answer,) = unseen
    others = {name: f"{name} boots: Linux says RUNNING, and stops it again." for name in DESIGNS}
    return Key(
        answer,
        "Its boot function ends when the resources are handled: nobody sets the state.",
        {name: text for name, text in others.items() if name != answer},
    )


def keeps_and_releases(faults: dict[At, Disturbance]) -> str | None:
    """None if v2 keeps the firmware after a failed boot under the script, and v22 releases it."""
    for design in ("v2", "v22"):
        run = boot(design, faults)
        if run.unreached:
            return f"A boot of {design} never comes to {run.unreached[0]}."
        if results(run)[0] == "0":
            return f"The boot of {design} succeeds all the same."
    old, new = boot("v2", faults), boot("v22", faults)
    if not loaded(rests(old)[0]):
        return "With v2 the TA holds nothing afterwards: the boot fails before its LOAD, or in it."
    return None if "RELEASE" in commands(new) else "v22 sends no RELEASE then."


@exercise("70.2", script, (
    "In v2 the LOAD comes first of all. So let something fail after it.",
    "Which steps follow the LOAD in both designs? handle_resources, carveouts, start...",
))  # fmt: skip
def a_fault_that_tells_them_apart() -> Key:
    """Which script makes v2 leave the firmware LOADED, while v22 sends RELEASE?"""
    places = ("rproc_fw_boot", "rproc_handle_resources", "rproc_alloc_registered_carveouts")
    tried: list[dict[At, Disturbance]] = [{At(each): Fail(Errno.ENOMEM)} for each in places]
    answer = next(faults for faults in tried if keeps_and_releases(faults) is None)
    (at,) = answer
    return Key(
        answer,
        "An error after the LOAD finds nobody in v2 who undoes it; in v22 the caller does.",
        judge=keeps_and_releases,
        shown=f'{{At("{at}"): Fail(Errno.ENOMEM)}}',
    )


@exercise("70.4", number, (
    "Let it fail there, and count: commands(run).count('RELEASE').",
    "parse_fw undoes its own LOAD; the caller of rproc_fw_boot does not know that.",
))  # fmt: skip
def releases_of_one_boot() -> Key:
    """A boot of v22 loads, and then asking for the table fails. How many RELEASEs are sent?"""
    run = failing("v22", At("tee_client_invoke_func", 2), Fail(Errno.EIO))
    releases = commands(run).count("RELEASE")
    return Key(
        releases,
        "One by parse_fw, one by rproc_boot: harmless, for the TA takes the second as well.",
        {
            0: "v22 exists to send them.",
            1: "Who undoes the LOAD here, and who else thinks that it must?",
            commands(run).count("LOAD"): "So many LOADs are sent. And RELEASEs?",
        },
    )


def some_designs(answer: object) -> tuple[str, ...]:
    """Names of designs in any order."""
    given = tuple(sorted(set(names(answer))))
    unknown = [name for name in given if name not in SIGNED]
    if unknown:
        raise Unread(f"Choose some of: {', '.join(SIGNED)}.")
    return given


@exercise("70.3", some_designs, (
    "Look at the column 'files verified', and at what the second start returned.",
    "Who answers 0 although only one file was ever verified?",
))  # fmt: skip
def who_never_looks() -> Key:
    """A start fails late, and a tampered file takes its place: whose second start succeeds?"""
    second = with_flipped_byte(demo_image())
    runs = {name: try_again(name, LATE, second) for name in SIGNED}
    answer = tuple(sorted(name for name, run in runs.items() if results(run)[1] == "0"))
    return Key(
        answer,
        "The TA is still LOADED there, answers the LOAD without a look, and the first file runs.",
        {
            (): "The tampered file never runs, that is true. But what is the user told?",
            **{(name,): "That is one of them." for name in answer},
            tuple(sorted(SIGNED)): "v22 sends RELEASE, so its TA has to look at the second file.",
        },
        shown=repr(list(answer)),
    )
