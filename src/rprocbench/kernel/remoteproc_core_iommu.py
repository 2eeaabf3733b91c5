# SPDX-License-Identifier: GPL-2.0-or-later
"""linux:drivers/remoteproc/remoteproc_core.c: the IOMMU that an STM32MP15's M4 does not have."""

from rprocbench.base.errors import Errno, ModelledError
from rprocbench.base.run import Unwind, mirrors

from .flow import dev_err
from .remoteproc import Rproc

core_c = mirrors("linux:drivers/remoteproc/remoteproc_core.c")
iommu_c = mirrors("linux:drivers/iommu/iommu.c")


@iommu_c
def iommu_paging_domain_alloc(rproc: Rproc) -> None:
    """Make a domain. There is no IOMMU to make one for."""
    dev_err(rproc, "can't alloc iommu domain")
    raise ModelledError(Errno.ENODEV, "there is no IOMMU")


@iommu_c
def iommu_attach_device(rproc: Rproc) -> None:
    """Put the device under the domain."""


@iommu_c
def iommu_domain_free(rproc: Rproc) -> None:
    """Give the domain back."""


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
