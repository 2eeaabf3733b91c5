# SPDX-License-Identifier: GPL-2.0-or-later
"""Secure boot of a remote processor: an executable specification, and a bench to try it on."""
