# SPDX-License-Identifier: GPL-2.0-or-later
"""Which weakness of tee.md section 9 the `hardened` generation closes by which switch (ours)."""

CLOSED: dict[str, str] = {
    "W-01": "reads_paddr_first",
    "W-02": "requires_every_row",
    "W-03": "requires_row_order",
    "W-04": "compares_second_read",
    "W-05": "binds_rsc_table",
    "W-06": "checks_every_ehdr",
    "W-07": "binds_rows_to_image",
    "W-08": "matches_whole_row",
    "W-09": "firewalls_segments",
    "W-13": "refuses_wrapping_signature",
    "W-14": "refuses_wrapping_tlvs",
    "W-15": "asks_before_context",
    "W-16": "requires_kernel_login",
    "W-17": "compares_loaded",
    "W-18": "checks_size_first",
    "W-19": "captures_section_table",
    "W-25": "verifies_before_tlvs",
    "W-26": "scrubs",
    "W-27": "stop_asks_pta",
    "W-28": "stores_value",
    "W-29": "names_what_is_missing",
}
OPEN: dict[str, str] = {
    "W-10": "rollback: the signed format has no version, the driver knows no counter; "
    "both would have to be added before anything can be compared",
    "W-11": "replay on another device or processor: nothing in the signed format names one",
    "W-12": "the public default key: which key is built in is the builder's choice; the TA never "
    "sees it, and the PTA cannot tell a key that others know",
    "W-30": "passphrase on the command line, file read twice: the signer is a program of the host",
}
NOT_VULNERABLE: dict[str, str] = {
    "W-20": "program-header fields are captured once and held against the signed table",
    "W-21": "a segment is hashed where it was copied to",
    "W-22": "header, TLVs and padding are signed",
    "W-23": "the PTA accepts one algorithm",
    "W-24": "a key in PKEYINFO is ignored",
}
