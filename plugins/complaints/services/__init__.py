"""The verbs of complaints, each with its permission and its event; ``open_complaint`` is where all begins."""

from plugins.complaints.services.closing import (
    close_complaint,
    confirm_content,
    mark_duplicate,
    object_to_reply,
    reopen_complaint,
    withdraw_complaint,
)
from plugins.complaints.services.common import refresh_all_urgency, refresh_urgency
from plugins.complaints.services.handling import (
    accept,
    add_note,
    assign,
    assign_many,
    hand_back,
    hand_on,
    hand_over_work,
    reply,
    write_findings,
)
from plugins.complaints.services.opening import classify, open_complaint

__all__ = [
    "accept",
    "add_note",
    "assign",
    "assign_many",
    "classify",
    "close_complaint",
    "confirm_content",
    "hand_back",
    "hand_on",
    "hand_over_work",
    "mark_duplicate",
    "object_to_reply",
    "open_complaint",
    "refresh_all_urgency",
    "refresh_urgency",
    "reopen_complaint",
    "reply",
    "withdraw_complaint",
    "write_findings",
]
