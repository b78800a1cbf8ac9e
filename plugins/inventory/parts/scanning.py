"""Work with a scanner: receive, pick, hand over; labels with QR codes."""

from __future__ import annotations

from core.api import N_

PERMISSIONS = ()
SETTINGS = ()


def menu():
    from core.web_api import MenuItem

    return [MenuItem("parts", N_("Scan"), "inventory.scan_page", "barcode", 15)]
