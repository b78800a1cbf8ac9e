"""Forms of skills and certificates."""

from __future__ import annotations

from wtforms import BooleanField, DateField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from core.api import N_
from plugins.workforce.contracts import SKILL_KIND_WORDS
from plugins.workforce.forms.common import VersionForm


class SkillForm(VersionForm):
    """A skill of the list."""

    code = StringField(N_("Code"), [InputRequired(), Length(max=40)], description=N_("The rule table asks for it."))
    name = StringField(N_("Name"), [InputRequired(), Length(max=120)])
    kind = SelectField(
        N_("Kind"),
        choices=list(SKILL_KIND_WORDS.items()),
        description=N_("A skill counts for everything below it; a certificate counts for itself alone."),
    )
    parent_id = SelectField(N_("Below"), coerce=int)
    valid_months = IntegerField(
        N_("Usually valid for (months)"), [Optional(), NumberRange(1, 600)], description=N_("Empty: for good.")
    )
    warn_days = IntegerField(
        N_("Warn so many days before its end"),
        [Optional(), NumberRange(0, 3650)],
        description=N_("Empty: as the settings say."),
    )
    active = BooleanField(N_("Can be given"), default=True)


class CertificateForm(VersionForm):
    """What a person has."""

    user_id = SelectField(N_("Person"), [InputRequired()], coerce=int)
    skill_id = SelectField(N_("Skill or certificate"), [InputRequired()], coerce=int)
    number = StringField(N_("Number"), [Length(max=80)], description=N_("As it stands on the paper."))
    issuer = StringField(N_("Issued by"), [Length(max=120)])
    valid_from = DateField(N_("Valid from"), [InputRequired()])
    valid_until = DateField(
        N_("Valid until"), [Optional()], description=N_("The last day. Empty: as long as is usual for it.")
    )
    for_good = BooleanField(N_("Has no end"))
    note = TextAreaField(N_("Note"), [Length(max=2000)], render_kw={"rows": 2})
