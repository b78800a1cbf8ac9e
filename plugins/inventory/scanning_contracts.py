"""What a scan is, and how far somebody who scans is."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from core.api import N_, RecordRef

MODE_WORDS = {
    "receive": N_("Receive"),
    "pick": N_("Pick for an order"),
    "hand": N_("Hand to a technician"),
    "send": N_("Send a transfer"),
    "take": N_("Accept a transfer"),
    "count": N_("Count stock"),
}
"""What can be done with a scanner; each has a label that begins it."""
SORT_WORDS = {
    "damaged": N_("The next one came damaged"),
    "more": N_("The next one may be more than was sent, or not sent at all"),
    "both": N_("The next one came damaged, and may be more than was sent or not sent at all"),
}
"""How the next piece of a transfer came, where it is not simply good and expected."""
DAMAGED, BEYOND = ("damaged", "both"), ("more", "both")
"""Of these it is damaged; of these it may come beyond what was sent."""
SIGN_WORDS = {
    "damaged": SORT_WORDS["damaged"],
    "more": SORT_WORDS["more"],
    "rest": N_("Nothing more is to come: enter it, the rest lacks"),
}
"""What can be said of a transfer that is accepted, by a sign or its label."""
TRAIL = 8
"""So many scans of a count can be taken back, the last first; so many lines scanned last are shown."""
LONGEST = 2000
"""So many scans of one transfer are entered at once."""
ONE = Decimal(1)


@dataclass(frozen=True)
class Scanning:
    """How far somebody is: what was scanned and goes for the next part."""

    mode: str = "receive"
    place_id: int | None = None
    """Into which, or from which, location."""
    to_id: int | None = None
    """To whom it is handed over, or whither it is sent."""
    ref: RecordRef | None = None
    """For what it is picked or counted, on which order it is received, which transfer is sent or accepted."""
    part_id: int | None = None
    """The part whose batch or serial number is still to be scanned."""
    quantity: Decimal = ONE
    since: dt.datetime | None = None
    """When this person began to count in this location."""
    trail: tuple[tuple[int, Decimal], ...] = ()
    """(line, how many) of the last scans that counted."""
    sort: str = ""
    """How the next piece came of a transfer: one of SORT_WORDS; empty: good."""


@dataclass(frozen=True)
class Scanned:
    """What a scan came to: how it goes on, and what there is to say. ``moves`` were posted; a page is opened:
    ``opens`` names its endpoint and the record.
    """

    state: Scanning
    said: str
    moves: tuple[int, ...] = ()
    opens: tuple[str, int] | None = None
    tone: str = "ok"
