"""Verbs that change service orders. Each is a transaction of its own, or joins the one that is open."""

from plugins.service.services.closing import (
    archive,
    cancel,
    close,
    close_silent,
    confirm,
    reopen,
    tell_silence,
)
from plugins.service.services.common import refresh_all_urgency, refresh_clocks
from plugins.service.services.course import (
    accept,
    add_note,
    come_again,
    dispatch,
    finish,
    hand_over_work,
    object_to_result,
    put_resumed,
    put_waiting,
    recall,
    resume,
    start,
    wait,
)
from plugins.service.services.entitlement import (
    choose_work_kind,
    entitle,
    find_cause,
    follow_decision,
    put_cause,
    record_consent,
    withdraw_consent,
)
from plugins.service.services.guidance import answer, guide
from plugins.service.services.opening import change_order, open_order

__all__ = [
    "accept",
    "add_note",
    "answer",
    "archive",
    "cancel",
    "change_order",
    "choose_work_kind",
    "close",
    "close_silent",
    "come_again",
    "confirm",
    "dispatch",
    "entitle",
    "find_cause",
    "finish",
    "follow_decision",
    "guide",
    "hand_over_work",
    "object_to_result",
    "open_order",
    "put_cause",
    "put_resumed",
    "put_waiting",
    "recall",
    "record_consent",
    "refresh_all_urgency",
    "refresh_clocks",
    "reopen",
    "resume",
    "start",
    "tell_silence",
    "wait",
    "withdraw_consent",
]
