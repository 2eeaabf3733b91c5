# SPDX-License-Identifier: GPL-2.0-or-later
"""Which modelled calls can fail, and with what: a fault that C could not report finds nothing real.

A disturbance raises, so it may only stand where C returns an error that its caller looks at. Hence
four rules:

- an entry point (a user's write, a probe, a worker) is not a call of the modelled code;
- a function that C declares void, or that answers no error, never fails (`SILENT`), nor does one
  whose error C's callers drop without looking, where the model has no error to drop;
- a function that answers NULL fails with an errno only where its callers turn NULL into that errno;
- the TA's side fails at the client's crossing, once as transport (an errno) and once as the TA (a
  TEE result).

What is in neither table fails with EIO; a test wants every function that a scenario calls in one.
"""

from rprocbench.base.errors import Errno, TeeResult
from rprocbench.base.trace import SOURCES, Entered, Lane

FAILS: dict[Errno | TeeResult, str] = {
    Errno.EIO: """
        __rproc_attach __rproc_detach __rproc_shutdown rproc_attach rproc_attach_device rproc_boot
        rproc_boot_recovery rproc_fw_boot rproc_fw_ext_boot rproc_load_segments rproc_parse_fw
        rproc_prepare_device rproc_prepare_subdevices rproc_shutdown rproc_start
        rproc_start_subdevices rproc_stop rproc_tee_get_loaded_rsc_table rproc_tee_get_rsc_table
        rproc_tee_load_fw rproc_tee_open_session rproc_tee_parse_fw rproc_tee_register
        rproc_tee_start rproc_tee_stop rproc_vdev_do_start regmap_read regmap_update_bits
        regmap_write reset_control_assert stm32_rproc_attach stm32_rproc_detach
        stm32_rproc_get_m4_state stm32_rproc_mem_release stm32_rproc_prepare stm32_rproc_release
        stm32_rproc_set_hold_boot stm32_rproc_start stm32_rproc_stop stm32_rproc_tee_boot
        stm32_rproc_tee_elf_load stm32_rproc_tee_elf_sanity_check
        stm32_rproc_tee_get_loaded_rsc_table stm32_rproc_tee_start stm32_rproc_tee_stop
        tee_client_close_session tee_client_invoke_func tee_client_open_session tee_rproc_load_fw
        tee_rproc_register tee_rproc_request_firmware tee_rproc_start tee_rproc_stop
        virtio_dev_probe
    """,
    Errno.ENOMEM: """
        device_add dma_alloc_coherent ioremap_wc memremap platform_device_register_full
        register_virtio_device rp_find_vq rpmsg_ns_probe rpmsg_ns_register_device rpmsg_probe
        rpmsg_virtio_add_ctrl_dev rproc_add_virtio_dev rproc_alloc rproc_alloc_ops
        rproc_alloc_registered_carveouts rproc_alloc_vring rproc_char_device_add
        rproc_handle_trace rproc_mem_entry_init rproc_of_resm_mem_entry_init
        rproc_reset_rsc_table_on_detach rproc_reset_rsc_table_on_stop
        rproc_tee_elf_load_rsc_table rproc_virtio_find_vqs rproc_virtio_probe
        iommu_map stm32_rproc_mem_alloc stm32_rproc_parse_fw tee_shm_register_kernel_buf
    """,
    Errno.EINVAL: """
        device_link_add rproc_add rproc_check_carveout_da rproc_elf_load_rsc_table
        rproc_elf_load_segments rproc_elf_sanity_check rproc_enable_iommu rproc_fw_sanity_check
        rproc_handle_resources rproc_handle_rsc_entry rproc_handle_vdev rproc_parse_vring
        rproc_validate stm32_rproc_da_to_pa stm32_rproc_of_memory_translations stm32_rproc_pa_to_da
    """,
    Errno.EINTR: "mutex_lock_interruptible rproc_tee_unregister rproc_trigger_recovery",
    Errno.ENOBUFS: "mbox_send_message",
    Errno.ENODEV: "stm32_rproc_parse_dt",
    Errno.ENOENT: """
        request_firmware rproc_get_loaded_rsc_table rproc_set_rsc_table
        stm32_rproc_get_loaded_rsc_table tee_client_open_context
    """,
    Errno.EPROBE_DEFER: "mbox_request_channel stm32_rproc_request_mbox",
    TeeResult.BUSY: "optee_open_session",
    TeeResult.COMMUNICATION: "optee_close_session",
    TeeResult.GENERIC: "optee_invoke_func",
}
FAULTS = {name: code for code, text in FAILS.items() for name in text.split()}
NEVER: dict[str, str] = {
    "void": """
        __rproc_virtio_del_vqs cancel_work_sync device_del iommu_domain_free iounmap
        mbox_chan_received_data mbox_chan_txdone mbox_free_channel mutex_lock mutex_unlock
        iommu_unmap platform_device_unregister release_firmware rpmsg_remove rproc_add_carveout
        rproc_add_rvdev rproc_add_subdev rproc_char_device_remove rproc_coredump
        rproc_coredump_cleanup rproc_crash_handler_work rproc_crash_to_string
        rproc_create_debug_dir rproc_delete_debug_dir rproc_disable_iommu
        rproc_free rproc_free_vring rproc_release_carveout rproc_release_fw rproc_remove_rvdev
        rproc_remove_subdev rproc_remove_trace_file rproc_report_crash rproc_resource_cleanup
        rproc_stop_subdevices rproc_tee_release_fw rproc_tee_remove rproc_transport_features
        rproc_unprepare_subdevices rproc_vdev_do_stop rproc_virtio_del_vqs
        rproc_virtio_dev_release rproc_virtio_remove rproc_virtio_reset rproc_virtio_set_status
        stm32_ipcc_remove stm32_rproc_free_mbox stm32_rproc_kick stm32_rproc_remove
        stm32_rproc_request_shutdown stm32_rproc_wdg tee_client_close_context
        tee_rproc_unregister tee_shm_free unregister_virtio_device virtio_dev_remove
    """,
    "its value is no error": """
        rproc_elf_get_boot_addr rproc_get_boot_addr rproc_virtio_get_features
        rproc_virtio_get_status rproc_virtio_notify tee_rproc_get_loaded_rsc_table
    """,
    "answers NULL, which is no errno": """
        find_table rproc_da_to_va rproc_elf_find_loaded_rsc_table rproc_find_carveout_by_name
        rproc_find_loaded_rsc_table rproc_pa_to_va rproc_tee_find_loaded_rsc_table
        stm32_rproc_tee_elf_find_loaded_rsc_table vring_new_virtqueue
    """,
    "every caller drops what it answers": """
        rproc_coredump_add_segment rproc_coredump_set_elf_info rproc_create_trace_file rproc_del
        rproc_unprepare_device
    """,
    "always answers 0": """
        rproc_remove_virtio_dev rproc_virtio_finalize_features stm32_ipcc_send_data
        stm32_rproc_tee_attach virtio_rpmsg_announce_create virtio_rpmsg_announce_destroy
    """,
    "another driver's probe; without it the mailboxes are deferred": "stm32_ipcc_probe",
}
SILENT = {name: why for why, text in NEVER.items() for name in text.split()}


def is_place(event: Entered) -> bool:
    """Whether a call may be made to fail: the normal world's, by other code of it, not silent."""
    normal = SOURCES[event.cite.tree].lane is Lane.LINUX
    return normal and event.depth > 0 and event.function not in SILENT


def fault_of(function: str) -> Errno | TeeResult:
    """What a call of `function` fails with."""
    return FAULTS.get(function, Errno.EIO)
