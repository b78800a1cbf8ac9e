"""How the columns of the tables of signed slips are called, for the audit trail."""

from __future__ import annotations

from core.api import N_, ColumnWords
from plugins.service.slip_contracts import SLIP_STATE_WORDS

SLIPS = ColumnWords(
    {
        "judged_at": N_("Slip judged at"),
        "judged_by": N_("Slip judged by"),
        "judged_by_id": N_("Slip judged by"),
        "original_at": N_("Original came in"),
        "sent_at": N_("Slip sent at"),
        "sent_by": N_("Slip sent by"),
        "sent_by_id": N_("Slip sent by"),
        "service_slip.number": N_("Which slip"),
        "service_slip.reason": N_("Why it was sent back"),
        "service_slip_page.file_id": N_("Picture"),
        "service_slip_page.number": N_("Page"),
        "slip_id": N_("Signed slip"),
    },
    {"service_slip.state": SLIP_STATE_WORDS},
)
