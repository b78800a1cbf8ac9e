"""What goes in and out of the services of signed slips, and the words for their codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.api import N_

SLIP = "service.slip"
"""The kind of record, for RecordRef."""
SLIP_STEP = "slip"
"""The step of the table ``service.steps``: the signed slip goes to headquarters (AG-11); its role judges it."""
SLIP_DUE, SLIP_CHECK = "service.slip_due", "service.slip_check"
"""Clocks: until the agent has sent the slip; until headquarters have judged it."""
SLIP_PURPOSE = "service.slip"
"""What the stored pages are for."""
MOST_PAGES = 12

SLIP_STATE_WORDS = {
    "waiting": N_("Waits for headquarters"),
    "accepted": N_("Accepted by headquarters"),
    "sent_back": N_("Sent back by headquarters"),
    "replaced": N_("Replaced by a later one"),
}
SLIP_STATE_ICONS = {
    "waiting": "hourglass",
    "accepted": "circle-check",
    "sent_back": "undo-2",
    "replaced": "history",
}
SLIP_STATE_TONES = {"waiting": "info", "accepted": "ok", "sent_back": "bad", "replaced": ""}


@dataclass(frozen=True)
class SlipData:
    """A slip signed by the customer: its pages as (name of the file, content).

    ``tracking`` says how the original was mailed, where it was. ``once`` twice answers the first slip.
    """

    pages: Sequence[tuple[str, bytes]]
    signed_by: str = ""
    tracking: str = ""
    note: str = ""
    once: str = ""
