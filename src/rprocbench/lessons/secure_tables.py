# SPDX-License-Identifier: GPL-2.0-or-later
"""Tables about what the secure world does with an image: its checks in order, and its writes."""

from rprocbench.base.trace import Filled, Lane, Wrote
from rprocbench.bench import Recording
from rprocbench.review.story import read

from .table import Table

CHECKS = {
    "remoteproc_save_fw_header_and_tlvs": "copies header, records and signature",
    "remoteproc_verify_header": "does the header make sense?",
    "rproc_pta_verify_rsa_signature": "is it the key's signature of this digest?",
    "e32_parse_ehdr": "is the image an ELF file?",
    "rproc_pta_load_segment": "copies a segment; is its hash the row's?",
    "rproc_pta_set_memory": "clears the rest of a segment",
    "remoteproc_parse_rsc_table": "where is the resource table?",
}


def checks(run: Recording) -> Table:
    """The steps of the first LOAD, in the order in which the secure world takes them."""
    calls = read(run.trace).calls
    load = next(call for call in calls if call.name == "remoteproc_load_fw")
    rows = [
        (call.start, call.name, CHECKS[call.name], call.failed.code if call.failed else "ok")
        for call in calls
        if call.name in CHECKS and load.start < call.start < load.end
    ]
    return Table.of(
        "One LOAD, seen from OP-TEE", ("event", "function", "what it does", "answer"), rows
    )


def secure_writes(run: Recording) -> Table:
    """What OP-TEE writes into the M4's memories in the first LOAD."""
    load = next(call for call in read(run.trace).calls if call.name == "remoteproc_load_fw")
    rows = []
    for index in range(load.start, load.end):
        event = run.trace[index]
        if isinstance(event, Wrote) and event.lane is Lane.OPTEE:
            rows.append((index, "copies", len(event.data), f"{event.ram}+{event.offset:#x}"))
        elif isinstance(event, Filled) and event.lane is Lane.OPTEE:
            rows.append((index, "clears", event.size, f"{event.ram}+{event.offset:#x}"))
    head = ("event", "OP-TEE", "bytes", "at")
    return Table.of("Writes of the secure world while it loads", head, rows)
