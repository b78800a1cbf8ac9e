"""Forms of complaints. Choices that the company's tables and settings offer are filled in by the views."""

from __future__ import annotations

from wtforms import BooleanField, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from core.api import N_, Ctx, _, label
from core.web_api import MomentField, SanbaoForm
from plugins.complaints import queries
from plugins.complaints.contracts import CHANNEL_WORDS, KIND_WORDS


class _WithVersion(SanbaoForm):
    version = HiddenField()

    @property
    def seen(self) -> int | None:
        """The version of the complaint that was on the page."""
        text = str(self.version.data or "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


class ClassifyForm(_WithVersion):
    """Category, kind, severity and what the severity depends on."""

    kind = RadioField(N_("Kind"), choices=list(KIND_WORDS.items()), default="complaint")
    category = SelectField(N_("Category"), validators=[InputRequired()])
    nature = StringField(N_("Nature"), [Length(max=120)], description=N_("What exactly is wrong, in a few words."))
    severity = SelectField(N_("Severity"), validators=[Optional()])
    region = StringField(N_("Region"), [Length(max=80)])
    injury = BooleanField(N_("Somebody was hurt"))
    in_batch = BooleanField(N_("Several pieces of a batch"))
    unusable = BooleanField(N_("Can't be used"))


class NewForm(ClassifyForm):
    """Taking a complaint in."""

    subject = StringField(N_("Subject"), [InputRequired(), Length(max=200)], description=N_("In a few words."))
    text = TextAreaField(N_("What the customer says"), render_kw={"rows": 4})
    channel = SelectField(N_("Channel"), choices=list(CHANNEL_WORDS.items()), default="phone")
    received_at = MomentField(N_("Received"), [Optional()], description=N_("Empty: now."))
    person_name = StringField(N_("Name"), [Length(max=120)])
    person_phone = StringField(N_("Phone"), [Length(max=60)], render_kw={"inputmode": "tel"})
    contact_id = HiddenField()
    customer_id = HiddenField()
    device_id = HiddenField()
    token = HiddenField()


class AssignForm(_WithVersion):
    user_id = SelectField(N_("Person"), coerce=int, validators=[InputRequired()])


class HandOnForm(_WithVersion):
    unit_id = SelectField(N_("Department"), coerce=int, validators=[InputRequired()])
    user_id = SelectField(N_("Person"), coerce=int, validators=[Optional()])
    reason = TextAreaField(N_("Reason"), [InputRequired()], render_kw={"rows": 2})


class ReasonForm(_WithVersion):
    reason = TextAreaField(N_("Reason"), [InputRequired()], render_kw={"rows": 2})


class FindingsForm(_WithVersion):
    findings = TextAreaField(N_("Findings"), [InputRequired()], render_kw={"rows": 3})


class ReplyForm(_WithVersion):
    text = TextAreaField(N_("Answer to the customer"), [InputRequired()], render_kw={"rows": 4})
    channel = SelectField(N_("Channel"), choices=list(CHANNEL_WORDS.items()), default="phone")


class CloseForm(_WithVersion):
    outcome = SelectField(N_("Outcome"), validators=[Optional()])
    outcome_text = TextAreaField(N_("Result in words"), render_kw={"rows": 2})


class DuplicateForm(_WithVersion):
    of_number = StringField(N_("Number of the other complaint"), [InputRequired(), Length(max=40)])


class NoteForm(SanbaoForm):
    """A remark is added whatever the others did meanwhile."""

    text = StringField(N_("Remark for colleagues"), [InputRequired(), Length(max=2000)])


def offer_choices(ctx: Ctx, form: ClassifyForm, *, category_needed: bool) -> None:
    """Categories and severities of the company's tables in force."""
    first = [("", _("Choose …") if category_needed else _("Classify later"))]
    form.category.choices = first + [
        (c.value, label(c.label)) for c in queries.choices(ctx, "complaints.routing", "category")
    ]
    form.severity.choices = [("", _("As the rules say"))] + [
        (c.value, label(c.label)) for c in queries.choices(ctx, "complaints.severity", "severity")
    ]
    if not category_needed:
        form.category.validators = [Optional()]
        form.category.flags.required = False


def offer_people(form: AssignForm | HandOnForm, people: list[tuple[int, str]], *, nobody: bool = False) -> None:
    """The people to choose from."""
    form.user_id.choices = [*([(0, _("Nobody yet"))] if nobody else []), *people]


def offer_outcomes(ctx: Ctx, form: CloseForm) -> None:
    """The outcomes of the company's setting."""
    form.outcome.choices = [("", _("Choose …")), *((c.value, label(c.label)) for c in queries.outcomes(ctx))]
