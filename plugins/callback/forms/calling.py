"""Forms of calling: what came of a call, promises, handing calls over."""

from __future__ import annotations

from wtforms import BooleanField, DateField, HiddenField, RadioField, SelectField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from core.api import N_
from core.web_api import VersionForm
from plugins.callback.calling_contracts import TRY_RESULTS
from plugins.callback.contracts import RESULT_WORDS

LONGEST = 2000


class CallResultForm(VersionForm):
    """What came of an attempt."""

    token = HiddenField()
    result = RadioField(N_("Result"), [InputRequired(N_("Choose what came of the call."))],
                        choices=[(code, RESULT_WORDS[code]) for code in TRY_RESULTS])  # fmt: skip
    phone = RadioField(N_("Number called"), [Optional()])
    note = TextAreaField(N_("What the customer says"), [Length(max=LONGEST)], render_kw={"rows": 4})
    promise = TextAreaField(N_("Our promise to the customer"), [Length(max=LONGEST)], render_kw={"rows": 2})
    promise_until = DateField(N_("Promised until"), [Optional()])
    promise_for = SelectField(N_("Who does it"), coerce=int)
    complaint = BooleanField(N_("Not content: open a complaint"))
    fault = BooleanField(N_("Reports a fault: open a request"))


class PromiseForm(VersionForm):
    """What was done, or why it is not."""

    result = TextAreaField(N_("What was done, or why not"), [InputRequired(), Length(max=LONGEST)],
                           render_kw={"rows": 3})  # fmt: skip


class GiveForm(VersionForm):
    """Somebody else does it."""

    user_id = SelectField(N_("Who does it"), coerce=int)


class HandOverForm(VersionForm):
    """Calls of one person for another."""

    from_id = SelectField(N_("Calls of"), coerce=int)
    to_id = SelectField(N_("Go to"), coerce=int)
    until = DateField(N_("Only those until (the last day of leave)"), [Optional()])
