# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:drivers/remoteproc/remoteproc_core.c: the IOMMU that an STM32MP15's M4 does not have.

Only its bookkeeping is modelled: what is mapped, and that it is unmapped again.
"""

from rprocbench.base.errors import Errno, ModelledError
from rprocbench.base.run import Unwind, mirrors, tolerate

from .flow import dev_err
from .remoteproc import Rproc, RprocMapping

core_c = mirrors("linux:drivers/remoteproc/remoteproc_core.c")
iommu_c = mirrors("linux:drivers/iommu/iommu.c")


@iommu_c
def iommu_paging_domain_alloc(rproc: Rproc) -> None:
    """Make a domain, if there is an IOMMU to make one for."""
    if not rproc.host.iommu:
        dev_err(rproc, "can't alloc iommu domain")
        raise ModelledError(Errno.ENODEV, "there is no IOMMU")


@iommu_c
def iommu_attach_device(rproc: Rproc) -> None:
    """Put the device under the domain."""


@iommu_c
def iommu_domain_free(rproc: Rproc) -> None:
    """Give the domain back."""


@iommu_c
def iommu_map(rproc: Rproc, mapping: RprocMapping) -> None:
    """Let the remote find `mapping.len` bytes of physical memory at a device address."""


@iommu_c
def iommu_unmap(rproc: Rproc, mapping: RprocMapping) -> None:
    """Undo it. That another size was unmapped would only be logged."""


def keep_mapping(rproc: Rproc, mapping: RprocMapping) -> None:
    """Map, and remember it for the cleanup. Reports what the IOMMU's driver reports."""
    iommu_map(rproc, mapping)
    rproc.mappings += (mapping,)


def drop_mappings(rproc: Rproc) -> None:
    """Unmap all, oldest first."""
    for mapping in rproc.mappings:
        tolerate(iommu_unmap, rproc, mapping)
        rproc.mappings = rproc.mappings[1:]


@core_c
def rproc_enable_iommu(rproc: Rproc) -> None:
    """Put the remote behind an IOMMU, if the driver says that it has one."""
    if not rproc.has_iommu:
        return
    iommu_paging_domain_alloc(rproc)
    with Unwind(rproc) as unwind:
        unwind.label("free_domain", iommu_domain_free, rproc)
        iommu_attach_device(rproc)
    rproc.domain = True


@core_c
def rproc_disable_iommu(rproc: Rproc) -> None:
    """Undo it."""
    if rproc.domain:
        iommu_domain_free(rproc)
        rproc.domain = False
