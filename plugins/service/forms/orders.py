"""Forms of the order itself. Choices that depend on records are filled in by the views."""

from __future__ import annotations

from wtforms import DecimalField, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from core.api import N_, Ctx, _
from core.web_api import MomentField, SanbaoForm, VersionForm
from plugins.base import queries as base_queries
from plugins.service.contracts import (
    CAUSE_WORDS,
    CHANNEL_WORDS,
    CONSENT_WORDS,
    KIND_WORDS,
    OUTCOME_WORDS,
    URGENCY_WORDS,
    WAITING_WORDS,
    WORK_KIND_WORDS,
    ZONE_WORDS,
)
from plugins.service.queries import orders as queries


def _chosen(words: dict[str, str]) -> list[tuple[str, str]]:
    return [("", N_("Choose …")), *((code, text) for code, text in words.items() if code)]


class FactsForm(VersionForm):
    """What an order is about, where it is, how far, and how urgent."""

    subject = StringField(N_("Subject"), [InputRequired(), Length(max=200)], description=N_("In a few words."))
    text = TextAreaField(N_("What the customer says"), render_kw={"rows": 4})
    urgency = RadioField(N_("Urgency"), choices=list(URGENCY_WORDS.items()), default="normal")
    device_id = SelectField(N_("Unit"), validators=[Optional()], choices=[])
    serial_told = StringField(
        N_("Serial number as told"), [Length(max=80)], description=N_("One that no unit has is kept as it was told.")
    )
    site_id = SelectField(N_("Place"), validators=[Optional()], choices=[])
    address = StringField(N_("Address"), [Length(max=400)])
    region = StringField(N_("Region"), [Length(max=80)])
    zone = SelectField(N_("Zone"), choices=list(ZONE_WORDS.items()), validators=[Optional()])
    distance_km = DecimalField(
        N_("Distance, km"), [Optional(), NumberRange(min=0, max=20040)],
        description=N_("Empty: reckoned from coordinates where both are known."),
    )
    unit_id = SelectField(N_("Serving unit"), validators=[Optional()], choices=[])
    person_name = StringField(N_("Name"), [Length(max=120)])
    person_phone = StringField(N_("Phone"), [Length(max=60)], render_kw={"inputmode": "tel"})


class NewForm(FactsForm):
    """Taking an order in."""

    kind = RadioField(N_("Kind"), choices=list(KIND_WORDS.items()), default="on_site")
    channel = SelectField(N_("Channel"), choices=list(CHANNEL_WORDS.items()), default="phone")
    received_at = MomentField(N_("Received"), [Optional()], description=N_("Empty: now."))
    promised_at = MomentField(N_("Promised to the customer"), [Optional()])
    cause = SelectField(N_("Likely cause"), choices=list(CAUSE_WORDS.items()), validators=[Optional()])
    contact_id = HiddenField()
    customer_id = HiddenField()
    then = HiddenField()
    token = HiddenField()


class ReasonForm(VersionForm):
    reason = TextAreaField(N_("Reason"), [InputRequired(), Length(max=1000)], render_kw={"rows": 2})


class StartForm(VersionForm):
    at = MomentField(N_("When"), [Optional()], description=N_("Empty: now."))


class ResultForm(VersionForm):
    """What came of the work."""

    outcome = SelectField(N_("Outcome"), choices=_chosen(OUTCOME_WORDS), validators=[InputRequired()])
    cause = SelectField(N_("Cause"), choices=_chosen(CAUSE_WORDS), validators=[Optional()])
    cause_text = TextAreaField(N_("What was found"), render_kw={"rows": 2})
    text = TextAreaField(N_("What was done"), render_kw={"rows": 3})
    finished_at = MomentField(N_("When"), [Optional()], description=N_("Empty: now."))


class CauseForm(VersionForm):
    cause = SelectField(N_("Cause"), choices=_chosen(CAUSE_WORDS), validators=[InputRequired()])
    cause_text = TextAreaField(N_("What was found"), render_kw={"rows": 2})


class GuidanceForm(VersionForm):
    kind = SelectField(
        N_("What it was"),
        choices=[("phone", N_("Guidance by phone")), ("solution", N_("Solution that the customer carries out"))],
    )
    text = TextAreaField(N_("What the customer was told"), [InputRequired()], render_kw={"rows": 3})
    result = RadioField(
        N_("What came of it"),
        choices=[
            ("solved", N_("It works again")),
            ("trying", N_("The customer tries it")),
            ("not_solved", N_("It did not help")),
        ],
        validators=[InputRequired()],
    )


class AnswerForm(VersionForm):
    text = TextAreaField(N_("Answer to the customer"), [InputRequired()], render_kw={"rows": 4})


class WorkKindForm(VersionForm):
    work_kind = RadioField(
        N_("Kind of work"), choices=[(c, w) for c, w in WORK_KIND_WORDS.items() if c], validators=[InputRequired()]
    )
    reason = TextAreaField(N_("Reason"), [InputRequired(), Length(max=1000)], render_kw={"rows": 2})


class ConsentForm(VersionForm):
    how = SelectField(N_("How"), choices=list(CONSENT_WORDS.items()), default="phone")
    who = StringField(N_("Who agreed"), [Length(max=120)])
    note = StringField(
        N_("To what"), [InputRequired(), Length(max=1000)], description=N_("The amount, or the rates that were told.")
    )


class WaitForm(VersionForm):
    waiting = RadioField(
        N_("What it waits for"), choices=[(c, w) for c, w in WAITING_WORDS.items() if c], validators=[InputRequired()]
    )
    reason = StringField(N_("Reason"), [InputRequired(), Length(max=400)])


class NoteForm(SanbaoForm):
    """A remark is added whatever the others did meanwhile."""

    text = StringField(N_("Remark for colleagues"), [InputRequired(), Length(max=2000)])


def offer_places(ctx: Ctx, form: FactsForm, customer_id: int | None, device_id: int | None) -> None:
    """The customer's units and places, and the units of the organisation that may serve."""
    none = [("", _("none"))]
    units = base_queries.units_of(ctx, customer_id) if customer_id else []
    shown = {u.id: u for u in units}
    if device_id and device_id not in shown:
        shown[device_id] = base_queries.get_unit(ctx, device_id)
    form.device_id.choices = none + [
        (str(u.id), " ".join(p for p in (u.product.name, u.serial or _("no serial number")) if p))
        for u in shown.values()
    ]
    sites = base_queries.sites_of(ctx, customer_id) if customer_id else []
    form.site_id.choices = none + [
        (str(s.id), " ".join(p for p in (s.name, s.city, s.district, s.address) if p)) for s in sites
    ]
    form.unit_id.choices = [("", _("by region"))] + [
        (str(u.id), u.name) for u in queries.units(ctx) if u.kind != "department"
    ]
