"""What the columns of calling and the phone desk are called, for the audit trail and timelines."""

from __future__ import annotations

from core.api import N_, ColumnWords
from plugins.callback.calling_contracts import (
    ATTRIBUTION_WORDS,
    CONSEQUENCE_WORDS,
    MISSED_STATE_WORDS,
    PROMISE_KIND_WORDS,
    PROMISE_STATE_WORDS,
)
from plugins.callback.contracts import RESULT_WORDS

CALLING = ColumnWords(
    {
        "callback_try.at": N_("Called at"),
        "callback_try.by_id": N_("Who called"),
        "callback_try.by_name": N_("Who called, by name"),
        "callback_try.call_id": N_("Planned call"),
        "callback_try.contact_id": N_("Entry of the call register"),
        "callback_try.key": N_("Key"),
        "callback_try.note": N_("Note"),
        "callback_try.phone": N_("Phone"),
        "callback_try.result": N_("Result"),
        "callback_try.then": N_("Then"),
        "callback_promise.assignee_id": N_("Who does it"),
        "callback_promise.call_id": N_("Planned call"),
        "callback_promise.customer_id": N_("Customer"),
        "callback_promise.due_at": N_("Until"),
        "callback_promise.ended_at": N_("Ended at"),
        "callback_promise.ended_by": N_("Ended by"),
        "callback_promise.kind": N_("Kind"),
        "callback_promise.made_at": N_("Promised at"),
        "callback_promise.made_by": N_("Promised by"),
        "callback_promise.result": N_("Result"),
        "callback_promise.source_kind": N_("Kind of source"),
        "callback_promise.source_ref": N_("Source"),
        "callback_promise.state": N_("State"),
        "callback_promise.text": N_("What is to be done"),
    },
    {
        "callback_try.result": RESULT_WORDS,
        "callback_try.then": {
            "": N_("Reached"),
            "again": N_("Called again"),
            "plan_anew": N_("Planned anew"),
            "end": N_("Ended"),
        },
        "callback_promise.kind": PROMISE_KIND_WORDS,
        "callback_promise.state": PROMISE_STATE_WORDS,
    },
)

DESK = ColumnWords(
    {
        "callback_missed.amount": N_("Amount"),
        "callback_missed.answerable_id": N_("Who had to answer"),
        "callback_missed.answerable_name": N_("Who had to answer, by name"),
        "callback_missed.assignee_id": N_("Who calls back"),
        "callback_missed.at": N_("Missed at"),
        "callback_missed.attribution": N_("Why attributed so"),
        "callback_missed.caller": N_("Caller"),
        "callback_missed.consequence": N_("Consequence"),
        "callback_missed.contact_id": N_("Entry of the call register"),
        "callback_missed.customer_id": N_("Customer"),
        "callback_missed.due_at": N_("Call back until"),
        "callback_missed.ended_at": N_("Ended at"),
        "callback_missed.ended_by": N_("Ended by"),
        "callback_missed.external_key": N_("Key at the source"),
        "callback_missed.note": N_("Note"),
        "callback_missed.phone": N_("Number"),
        "callback_missed.recorded_at": N_("Recorded at"),
        "callback_missed.recorded_by": N_("Recorded by"),
        "callback_missed.result": N_("Result"),
        "callback_missed.roster": N_("Duty roster"),
        "callback_missed.source": N_("From where"),
        "callback_missed.state": N_("State"),
        "callback_missed.why": N_("Reason"),
    },
    {
        "callback_missed.attribution": ATTRIBUTION_WORDS,
        "callback_missed.consequence": CONSEQUENCE_WORDS,
        "callback_missed.state": MISSED_STATE_WORDS,
        "callback_missed.source": {"hand": N_("Noted by hand"), "import": N_("From a file")},
    },
)
