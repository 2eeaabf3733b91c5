# SPDX-License-Identifier: GPL-2.0-or-later
"""The resource table as it lies in the M4's memory, at one moment of a run and another."""

from rprocbench.base.state import state_at
from rprocbench.base.trace import Changed
from rprocbench.bench import Recording
from rprocbench.formats.resource_table import FwRscVdev, ResourceTable

from .images import view_elf
from .table import Table

TABLE_RAM = "mcusram"


def table_in_memory(run: Recording, index: int) -> ResourceTable:
    """The resource table as it lies in the M4's memory after event `index`."""
    elf = view_elf(run.image)
    section = elf.section(".resource_table")
    assert section
    at = section.header.sh_addr - 0x1000_0000
    held = state_at(run.trace, index).memories[TABLE_RAM].read(at, section.header.sh_size)
    return ResourceTable.parse(held)


def when(run: Recording, owner: str, field: str, after: object) -> int:
    """The event that first changed a field to `after`."""
    return next(
        index
        for index, event in enumerate(run.trace)
        if isinstance(event, Changed)
        and (event.owner, event.field, event.after) == (owner, field, after)
    )


def written_back(run: Recording) -> Table:
    """The fields of the vdev's entry that Linux fills in: in the file, and in the M4's memory."""
    started, running = (
        when(run, "MCU", "running", after=True),
        when(run, "remoteproc0", "state", "RUNNING"),
    )
    moments = (
        table_in_memory(run, next(i for i, e in enumerate(run.trace) if written(e))),
        table_in_memory(run, started), table_in_memory(run, running),
    )  # fmt: skip
    fields = [{leaf.path: leaf for leaf in moment.leaves()} for moment in moments]
    rows = []
    for path in fields[0]:
        values = [leaves[path].value for leaves in fields if path in leaves]
        if len(set(values)) > 1:
            rows.append((path.removeprefix("table.entry"), *map(plain, values)))
    head = ("field", "as loaded", "when the M4 starts", "when Linux says RUNNING")
    return Table.of("What Linux writes into the resource table", head, rows)


def written(event: object) -> bool:
    """Whether an event puts the data segment, which begins with the table, into memory."""
    return getattr(event, "ram", "") == TABLE_RAM and getattr(event, "offset", -1) == 0x20000


def plain(value: object) -> str:
    """A field's value as a number."""
    return f"{value:#x}" if isinstance(value, int) else str(value)


def vrings(table: ResourceTable) -> list[int]:
    """The device addresses of a table's vrings."""
    bodies = [entry for entry in table.entries if isinstance(entry.body, FwRscVdev)]
    return [vring.da for entry in bodies for vring in entry.vrings]


def carveouts(run: Recording) -> Table:
    """What Linux has registered when it says RUNNING, in the order in which it looks."""
    state = run.state_at(when(run, "remoteproc0", "state", "RUNNING"))
    rows = []
    for name, kind in state.kinds.items():
        fields = state.objects[name]
        if kind == "RprocMemEntry":
            mapped = plain(fields["va"]) if fields["va"] is not None else "not mapped"
            rows.append((fields["name"], plain(fields["da"]), mapped, plain(fields["len"])))
    head = ("carveout", "the M4 finds it at", "Linux finds it at", "bytes")
    return Table.of("The carveouts of this boot", head, rows)
