"""Forms of reports that a promise will not be kept."""

from __future__ import annotations

from wtforms import HiddenField, RadioField, SelectField, StringField
from wtforms.validators import Email, InputRequired, Length, Optional

from core.api import N_
from core.web_api import MomentField, SanbaoForm, VersionForm
from plugins.service.late_contracts import LATE_ANSWER_WORDS, LATE_HOW_WORDS

_ANSWERS = [(code, text) for code, text in LATE_ANSWER_WORDS.items() if code]
_HOW = list(LATE_HOW_WORDS.items())


class LateForm(SanbaoForm):
    """I will miss the time promised."""

    reason = StringField(N_("Why it is late"), [InputRequired(), Length(max=400)])
    new_at = MomentField(N_("New time"), [InputRequired()])
    help = StringField(
        N_("Help needed"), [Length(max=400)], description=N_("A part, a colleague, a car, for example. Empty: none.")
    )
    told_how = SelectField(N_("Was the customer told?"), choices=_HOW, validators=[Optional()])
    mail_to = StringField(
        N_("Tell the customer by mail to"), [Optional(), Email(), Length(max=200)],
        description=N_("Empty: no mail."),
    )
    token = HiddenField()


class LateAnswerForm(VersionForm):
    """The head's answer."""

    answer = RadioField(N_("What the head does"), choices=_ANSWERS, validators=[InputRequired()])
    text = StringField(N_("Note"), [Length(max=400)], description=N_("Who goes, where somebody is sent."))


class LateToldForm(SanbaoForm):
    """The customer is told."""

    told_how = SelectField(N_("How the customer was told"), choices=_HOW, validators=[Optional()])
    mail_to = StringField(
        N_("Tell the customer by mail to"), [Optional(), Email(), Length(max=200)],
        description=N_("Empty: no mail."),
    )
