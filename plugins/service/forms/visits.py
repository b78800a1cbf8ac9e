"""Forms of visits. Keys, drawn signatures and quantities are read from what was sent, beside them."""

from __future__ import annotations

from wtforms import DecimalField, IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from core.api import N_
from core.web_api import MomentField, SanbaoForm
from plugins.service.contracts import CAUSE_WORDS, CONSENT_WORDS
from plugins.service.forms.orders import VersionForm
from plugins.service.visit_contracts import (
    CONTACTS_WORDS,
    DIFFERS_WORDS,
    FURTHER_WORDS,
    PART_WORDS,
    SIGNER_WORDS,
    VISIT_OUTCOME_WORDS,
)


def _choices(words: dict[str, str]) -> list[tuple[str, str]]:
    return [(code, text) for code, text in words.items() if code]


class ArriveForm(SanbaoForm):
    at = MomentField(N_("When"), [Optional()], description=N_("Empty: now."))


class WorkForm(VersionForm):
    """What was found and done on site."""

    differs = RadioField(N_("Is it as reported?"), choices=_choices(DIFFERS_WORDS), validators=[Optional()])
    differs_text = StringField(N_("What differs"), [Length(max=4000)])
    cause = RadioField(N_("Cause of the fault"), choices=_choices(CAUSE_WORDS), validators=[Optional()])
    cause_text = TextAreaField(N_("What was found"), [Length(max=4000)], render_kw={"rows": 2})
    further = RadioField(
        N_("Anything else that does not work?"), choices=_choices(FURTHER_WORDS), validators=[Optional()]
    )
    further_text = StringField(N_("Further faults found"), [Length(max=4000)])
    contacts = RadioField(
        N_("Contacts with the customer"), choices=_choices(CONTACTS_WORDS), validators=[Optional()],
        description=N_("Leave our name and number, note theirs."),
    )  # fmt: skip
    contact_who = StringField(N_("Person noted"), [Length(max=120)])
    contact_phone = StringField(N_("Number noted"), [Length(max=60)], render_kw={"inputmode": "tel"})
    contacts_why = StringField(N_("Why no contacts were exchanged"), [Length(max=4000)])
    done_text = TextAreaField(N_("What was done"), [Length(max=4000)], render_kw={"rows": 3})
    tested = StringField(N_("Trial run"), [Length(max=4000)], description=N_("How long, with what result."))
    travel_minutes = IntegerField(
        N_("Travel, minutes"), [Optional(), NumberRange(min=0)], render_kw={"inputmode": "numeric"}
    )
    work_minutes = IntegerField(
        N_("Work, minutes"), [Optional(), NumberRange(min=0)], render_kw={"inputmode": "numeric"}
    )


class SignForm(SanbaoForm):
    """The customer's rating and signature, and how the visit ends."""

    outcome = RadioField(N_("Outcome"), choices=_choices(VISIT_OUTCOME_WORDS), validators=[Optional()])
    again_reason = TextAreaField(N_("Why somebody comes again"), [Length(max=1000)], render_kw={"rows": 2})
    again_at = MomentField(N_("New time agreed"), [Optional()])
    by = RadioField(N_("Who signs"), choices=_choices(SIGNER_WORDS), validators=[Optional()])
    who = StringField(N_("Name of who signed"), [Length(max=120)])
    reason = StringField(N_("Why nobody signs"), [Length(max=1000)])
    declined = StringField(N_("Why no rating"), [Length(max=400)], description=N_("Empty when there is one."))
    comment = StringField(N_("Comment"), [Length(max=2000)])
    left_at = MomentField(N_("Left at"), [Optional()], description=N_("Empty: now."))
    replace_reason = StringField(N_("Why the signature is replaced"), [Length(max=1000)])


class PlanForm(SanbaoForm):
    """A part or tool to bring."""

    kind = SelectField(N_("Kind"), choices=_choices(PART_WORDS), default="part")
    ref = SelectField(N_("From stock"), validators=[Optional()], choices=[("", N_("written by hand"))])
    name = StringField(N_("Part or tool"), [Length(max=200)])
    number = StringField(N_("Part number"), [Length(max=80)])
    quantity = DecimalField(N_("Quantity"), [InputRequired(), NumberRange(min=0)], default=1, places=None)
    unit = StringField(N_("Counted in"), [Length(max=20)])


class AddedForm(SanbaoForm):
    """One more part that was used, written by hand."""

    name = StringField(N_("Part"), [Length(max=200)])
    number = StringField(N_("Part number"), [Length(max=80)])
    quantity = DecimalField(N_("Quantity"), [Optional(), NumberRange(min=0)], default=1, places=None)
    unit = StringField(N_("Counted in"), [Length(max=20)])


class OnSiteConsentForm(SanbaoForm):
    """The customer agrees to pay, while the technician is there."""

    how = SelectField(N_("How"), choices=list(CONSENT_WORDS.items()), default="in_person")
    who = StringField(N_("Who agreed"), [Length(max=120)])
    note = StringField(
        N_("To what"), [InputRequired(), Length(max=1000)], description=N_("The amount, or the rates that were told.")
    )
