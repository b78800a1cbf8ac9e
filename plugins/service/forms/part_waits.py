"""The form that says that a part is missing."""

from __future__ import annotations

from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from core.api import N_
from plugins.service.forms.orders import VersionForm
from plugins.service.part_wait_contracts import TOLD_WORDS


class PartWaitForm(VersionForm):
    part = StringField(N_("Missing part"), [InputRequired(), Length(max=200)])
    part_number = StringField(N_("Part number"), [Length(max=80)])
    source = SelectField(N_("Where it comes from"), validators=[InputRequired()])
    explanation = TextAreaField(
        N_("What the customer is told"), [Length(max=2000)], render_kw={"rows": 3},
        description=N_("Why the part is missing, and what happens meanwhile."),
    )
    mail_to = StringField(
        N_("Tell the customer by mail to"), [Length(max=254)],
        description=N_("Empty: the customer is told as chosen below."),
    )
    told_how = SelectField(N_("How the customer was told"), choices=list(TOLD_WORDS.items()), default="phone")
    reason = StringField(N_("Why other days than promised"), [Length(max=400)])
