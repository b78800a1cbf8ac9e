"""The verbs of complaints, each with its permission and its event; ``open_complaint`` is where all begins."""

from plugins.complaints.services.actions import (
    cancel_action,
    check_action,
    finish_action,
    give_action,
    hand_over_actions,
    need_no_action,
    open_action,
    refresh_actions,
    return_action,
)
from plugins.complaints.services.attention import name_delegate, record_meeting
from plugins.complaints.services.causes import load_shipped_causes, save_cause
from plugins.complaints.services.closing import (
    close_complaint,
    close_silent,
    confirm_content,
    mark_duplicate,
    object_to_reply,
    reopen_complaint,
    withdraw_complaint,
)
from plugins.complaints.services.common import refresh_all_urgency, refresh_urgency
from plugins.complaints.services.groups import (
    answer_group,
    close_group,
    link_complaint,
    set_cause,
    unlink_complaint,
    write_findings,
)
from plugins.complaints.services.handling import (
    accept,
    add_note,
    assign,
    hand_back,
    hand_on,
    hand_over_work,
    reply,
)
from plugins.complaints.services.opening import classify, open_compensation, open_complaint, open_told
from plugins.complaints.services.progress import drop_calls, tell_of_steps, tell_progress, tell_step
from plugins.complaints.services.questionnaires import receive_answer, save_questionnaire
from plugins.complaints.services.reports import draw_up_due, draw_up_report, last_period, submit_report
from plugins.complaints.services.rewards import decide_reward, deliver_reward, propose_reward

__all__ = [
    "accept",
    "add_note",
    "answer_group",
    "assign",
    "cancel_action",
    "check_action",
    "classify",
    "close_complaint",
    "close_group",
    "close_silent",
    "confirm_content",
    "decide_reward",
    "deliver_reward",
    "draw_up_due",
    "draw_up_report",
    "drop_calls",
    "finish_action",
    "give_action",
    "hand_back",
    "hand_on",
    "hand_over_actions",
    "hand_over_work",
    "last_period",
    "link_complaint",
    "load_shipped_causes",
    "mark_duplicate",
    "name_delegate",
    "need_no_action",
    "object_to_reply",
    "open_action",
    "open_compensation",
    "open_complaint",
    "open_told",
    "propose_reward",
    "receive_answer",
    "record_meeting",
    "refresh_actions",
    "refresh_all_urgency",
    "refresh_urgency",
    "reopen_complaint",
    "reply",
    "return_action",
    "save_cause",
    "save_questionnaire",
    "set_cause",
    "submit_report",
    "tell_of_steps",
    "tell_progress",
    "tell_step",
    "unlink_complaint",
    "withdraw_complaint",
    "write_findings",
]
