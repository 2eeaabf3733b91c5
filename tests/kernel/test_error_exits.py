# SPDX-License-Identifier: GPL-2.0-or-later
"""Every error exit of the reference is reached, with its errno; and no other is in the model."""

import ast
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest

from rprocbench.base.errors import Crash, Errno, ModelledError
from rprocbench.base.trace import Failed
from rprocbench.kernel.remoteproc import Rproc
from tests.harness.raising import Site

from .exits_images import CHECKS, PLATFORM, TABLES
from .exits_users import FLOWS, INTERFACES
from .provoke import Exit
from .raise_sites import KERNELS
from .undefined_rows import ROWS as UNDEFINED

HERE = Path(__file__).parent
EXITS = [*INTERFACES, *FLOWS, *CHECKS, *TABLES, *PLATFORM]

# What no run here can reach, and why.
NOT_REACHED = {
    "1.3": "rproc_alloc returns NULL for NULL arguments, or without memory: Python has no NULL to "
    "pass, and the model's memory does not run out",
    "1.5, 2.2, 2.8": "rproc_boot(NULL), rproc_set_firmware(NULL), a report for a NULL rproc: same",
    "1.5": "firmware: no memory for the name: the model's kernel has memory",
    "1.7": "EFAULT: a bad pointer of the user's program; the model's users have none",
    "2.4, 4.3 to 4.6": "ENOMEM for a struct of the kernel's own: same",
    "3.1 1": "a NULL image: request_firmware never gives one",
    "5.4 table": "ENOMEM of ioremap: same",
}
# Sites that only guard the model: nothing that a user or a firmware does leads to them.
GUARDS = {
    "called: undefined(host, f'ops.{name} is NULL, and called')",
    "table_of: undefined(rproc.host, 'table_ptr is NULL, and used')",
    "rproc_alloc_registered_carveouts: undefined(rproc.host, why)",
    "rproc_copy_segment: undefined(rproc.host, why)",
}
# Exits of the message bus and the mailboxes, by the test that reaches each.
ELSEWHERE = {
    "5.4 kick ENOBUFS": "test_stm32_rproc.py::test_a_full_mailbox_loses_the_kick",
    "5.4 stop ETIME": "test_stm32_rproc.py::test_a_deaf_m4_is_stopped_after_half_a_second",
    "7.1 no memory for a ring":
        "test_virtio.py::test_one_ring_is_accepted_fails_and_oopses_in_the_end",
    "7.1 registration": "test_virtio.py::test_a_registration_that_fails_fails_the_boot",
    "7.1 a probe": "test_virtio.py::test_a_probe_that_fails_leaves_a_status_and_nothing_else",
    "7.2 EIO": "test_rpmsg.py::test_nothing_can_be_added_to_a_broken_queue",
    "7.3 buffers ENOMEM":
        "test_virtio.py::test_a_ring_of_256_wants_more_buffers_than_there_is_room_for",
    "7.3 EINVAL EMSGSIZE": "test_rpmsg.py::test_what_cannot_be_sent",
    "7.3 ENOMEM ERESTARTSYS EAGAIN":
        "test_rpmsg.py::test_the_seventeenth_unacknowledged_message_finds_no_buffer",
    "7.3 lengths EINVAL": "test_rpmsg.py::test_a_message_that_claims_too_much_costs_its_buffer",
    "7.3 NS EINVAL": "test_rpmsg.py::test_a_malformed_announcement_is_consumed",
    "7.3 NS twice": "test_rpmsg.py::test_the_same_channel_twice_is_refused",
    "7.3 NS destroy EINVAL": "test_rpmsg.py::test_a_channel_can_be_destroyed_once",
    "7.3 ENETRESET EPIPE":
        "test_rpmsg.py::test_after_shutdown_the_file_is_dead_and_everything_is_gone",
    "7.3 EBUSY": "test_rpmsg_files.py::test_a_file_is_open_once",
    "7.3 address EINVAL":
        "test_rpmsg_files.py::test_an_endpoint_at_an_address_that_is_taken_does_not_open",
    "7.3 ctrl ENXIO EINVAL": "test_rpmsg_files.py::test_a_user_makes_a_channel_and_takes_it_away",
    "7.3 destroy EINVAL":
        "test_rpmsg_files.py::test_a_channels_own_file_cannot_be_destroyed_by_its_user",
}  # fmt: skip


def outcome(exit_: Exit) -> tuple[set[Site], Errno | None]:
    """The sites that were seen, and what was reported."""
    with KERNELS.watch() as seen:
        try:
            result = exit_.provoke()
        except ModelledError as error:
            return seen, None if exit_.lost else Errno(error.code)
    if not exit_.lost:
        return seen, None
    assert isinstance(result, Rproc)
    codes = [e.code for e in result.run.trace if isinstance(e, Failed) and e.function == exit_.lost]
    return seen, Errno[codes[0]] if codes else None


@pytest.mark.parametrize("exit_", EXITS, ids=str)
def test_an_error_exit_is_reached_with_its_errno(exit_: Exit) -> None:
    assert outcome(exit_)[1] == exit_.code


@cache
def reached() -> set[Site]:
    """All sites that the tables of exits, and that of undefined behaviour, lead to."""
    seen: set[Site] = set()
    for exit_ in EXITS:
        seen |= outcome(exit_)[0]
    for row in UNDEFINED:
        for hardened in (False, True):
            with KERNELS.watch() as more, suppress(ModelledError, Crash):
                row.provoke(hardened)
            seen |= more
    return seen


def test_no_raise_in_the_model_is_without_a_row() -> None:
    missing = {f"{site.file} {site.name}" for site in KERNELS.sites if site not in reached()}
    assert {line for line in missing if line.split(" ", 1)[1] not in GUARDS} == set()


def test_a_site_without_a_row_would_be_noticed() -> None:
    assert len(KERNELS.sites) > 70
    assert {site.function for site in KERNELS.sites} > {
        "rproc_boot",
        "rproc_handle_vdev",
        "read_bytes",
    }


def test_rows_do_not_repeat() -> None:
    assert len({str(row) for row in EXITS}) == len(EXITS)


def test_each_section_that_lists_errors_has_rows() -> None:
    sections = {row.where.split()[0] for row in EXITS}
    assert sections >= {
        "1.2", "1.4", "1.5", "1.6", "1.7", "2.2", "2.3", "2.4", "2.5", "2.6", "2.7", "2.8",
        "3.1", "3.2", "3.3", "4.2", "4.3", "4.4", "4.5", "4.6", "4.7", "5.2", "5.3", "5.4", "6.1",
    }  # fmt: skip
    assert all(NOT_REACHED.values())


@pytest.mark.parametrize("where", ELSEWHERE)
def test_what_is_tested_elsewhere_is(where: str) -> None:
    file, name = ELSEWHERE[where].split("::")
    tree = ast.parse((HERE / file).read_text("utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
