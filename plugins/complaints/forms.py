"""Forms of complaints. Choices that the company's tables and settings offer are filled in by the views."""

from __future__ import annotations

from wtforms import (
    BooleanField,
    DateField,
    DecimalField,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from core.api import N_, Ctx, _, label
from core.web_api import MomentField, SanbaoForm, VersionForm
from plugins.complaints import following, queries
from plugins.complaints.contracts import (
    ACTION_KIND_WORDS,
    ANSWER_CHANNEL_WORDS,
    CHANNEL_WORDS,
    KIND_WORDS,
    MEETING_WORDS,
)


class ClassifyForm(VersionForm):
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
    person_email = StringField(
        N_("E-mail address"), [Length(max=255)], description=N_("For telling the customer how it stands."),
        render_kw={"inputmode": "email"},
    )
    again_of_id = RadioField(N_("Is it the same matter again?"), validators=[Optional()], default="")
    contact_id = HiddenField()
    customer_id = HiddenField()
    device_id = HiddenField()
    token = HiddenField()


class AssignForm(VersionForm):
    user_id = SelectField(N_("Person"), coerce=int, validators=[InputRequired()])


class HandOnForm(VersionForm):
    unit_id = SelectField(N_("Department"), coerce=int, validators=[InputRequired()])
    user_id = SelectField(N_("Person"), coerce=int, validators=[Optional()])
    reason = TextAreaField(N_("Reason"), [InputRequired()], render_kw={"rows": 2})


class ReasonForm(VersionForm):
    reason = TextAreaField(N_("Reason"), [InputRequired()], render_kw={"rows": 2})


class CauseForm(VersionForm):
    """The root cause, and who is held to account for it."""

    cause_id = SelectField(N_("Root cause"), coerce=int, validators=[Optional()])
    responsible_unit_id = SelectField(
        N_("Responsible department"), coerce=int, validators=[Optional()], description=N_("Empty: that of the cause.")
    )
    responsible_id = SelectField(N_("Responsible person"), coerce=int, validators=[Optional()])


class FindingsForm(CauseForm):
    findings = TextAreaField(N_("Findings"), [InputRequired()], render_kw={"rows": 3})


class DelegateForm(VersionForm):
    user_id = SelectField(N_("Delegate"), coerce=int, validators=[InputRequired()])
    reason = StringField(N_("Reason"), [InputRequired(), Length(max=400)])


class MeetForm(VersionForm):
    """Who met the customer, when and how."""

    who_id = SelectField(N_("Who met the customer"), coerce=int, validators=[InputRequired()])
    met_at = MomentField(N_("When"), [Optional()], description=N_("Empty: now."))
    how = SelectField(N_("How"), choices=list(MEETING_WORDS.items()), default="visit")
    note = TextAreaField(N_("What was said"), render_kw={"rows": 2})


class LinkForm(VersionForm):
    lead_number = StringField(N_("Number of the leading complaint"), [InputRequired(), Length(max=40)])


class GroupAnswerForm(VersionForm):
    text = TextAreaField(N_("Answer to all customers"), [InputRequired()], render_kw={"rows": 3})
    channel = SelectField(N_("Channel"), validators=[Optional()])


class OpenActionForm(VersionForm):
    """A corrective or preventive action."""

    title = StringField(N_("What is to be done"), [InputRequired(), Length(max=200)])
    kind = RadioField(N_("Kind"), choices=list(ACTION_KIND_WORDS.items()), default="corrective")
    text = TextAreaField(N_("In detail"), render_kw={"rows": 2})
    cause_id = SelectField(N_("Root cause"), coerce=int, validators=[Optional()])
    unit_id = SelectField(
        N_("Department"), coerce=int, validators=[Optional()], description=N_("Empty: that of the cause.")
    )
    assignee_id = SelectField(N_("Owner"), coerce=int, validators=[Optional()])
    due_on = DateField(N_("To be done by"), [Optional()], description=N_("Empty: as the rules say."))


class NewActionForm(OpenActionForm):
    """An action that no single complaint caused."""

    origin = TextAreaField(
        N_("What it is for"), [Length(max=400)], render_kw={"rows": 2},
        description=N_("A number of the statistics, what a survey showed, an opinion that was heard."),
    )


class GiveActionForm(VersionForm):
    user_id = SelectField(N_("Owner"), coerce=int, validators=[InputRequired()])


class ResultForm(VersionForm):
    result = TextAreaField(N_("What was done"), [InputRequired()], render_kw={"rows": 3})


class CheckForm(VersionForm):
    effect = RadioField(
        N_("Effect"),
        choices=[("effective", N_("Effective")), ("ineffective", N_("Not effective, a new action follows"))],
        validators=[InputRequired()],
    )
    text = TextAreaField(N_("How it was checked"), [InputRequired()], render_kw={"rows": 3})


class RewardForm(VersionForm):
    gift = StringField(N_("Gift"), [InputRequired(), Length(max=200)])
    value = DecimalField(N_("Value"), [InputRequired(), NumberRange(min=0, max=10**8)], places=2)
    reason = TextAreaField(N_("Why"), render_kw={"rows": 2})


class DecideRewardForm(SanbaoForm):
    decision = RadioField(N_("Decision"), choices=[("approve", N_("Approve")), ("refuse", N_("Refuse"))])
    reason = StringField(N_("Reason"), [Length(max=400)])


class DeliverRewardForm(SanbaoForm):
    by = StringField(N_("Delivered by"), [Length(max=120)], description=N_("Empty: you."))
    at = MomentField(N_("When"), [Optional()], description=N_("Empty: now."))


class CauseEditForm(VersionForm):
    """A cause of the tree."""

    code = StringField(N_("Code"), [InputRequired(), Length(max=40)])
    name = StringField(N_("Name"), [InputRequired(), Length(max=120)])
    parent_id = SelectField(N_("Parent cause"), coerce=int, validators=[Optional()])
    unit_id = SelectField(N_("Department that answers for it"), coerce=int, validators=[Optional()])
    needs_action = BooleanField(N_("Closes only with a corrective action"))
    active = BooleanField(N_("Can be chosen"), default=True)


class ReportForm(VersionForm):
    remark = TextAreaField(N_("Remark of the centre's head"), render_kw={"rows": 3})


class ReplyForm(VersionForm):
    text = TextAreaField(N_("Answer to the customer"), [InputRequired()], render_kw={"rows": 4})
    channel = SelectField(N_("Channel"), choices=list(ANSWER_CHANNEL_WORDS.items()), default="phone")
    outcome = SelectField(N_("Outcome, if the customer does not object"), validators=[Optional()])
    silence_told = BooleanField(N_("The customer was told: without a word from you the case closes by itself"))
    mail_to = SelectField(N_("Send by mail"), validators=[Optional()], choices=[])
    mail_subject = StringField(N_("Subject of the mail"), [Length(max=200)])
    mail_locale = HiddenField()


class ProgressForm(VersionForm):
    """What the customer was told of how it stands, and when it is expected to be finished."""

    text = TextAreaField(N_("What the customer was told"), [InputRequired()], render_kw={"rows": 3})
    channel = SelectField(N_("Channel"), choices=list(ANSWER_CHANNEL_WORDS.items()), default="phone")
    mail_to = SelectField(N_("Send by mail"), validators=[Optional()], choices=[])
    expected_at = MomentField(
        N_("Expected finish, as agreed"), [Optional()], description=N_("Empty: as told before, or as the rules say.")
    )
    call_id = HiddenField()
    token = HiddenField()


class ConfirmForm(VersionForm):
    outcome = SelectField(N_("Outcome"), validators=[Optional()])


class CloseForm(VersionForm):
    outcome = SelectField(N_("Outcome"), validators=[Optional()])
    outcome_text = TextAreaField(N_("Result in words"), render_kw={"rows": 2})


class DuplicateForm(VersionForm):
    of_number = StringField(N_("Number of the other complaint"), [InputRequired(), Length(max=40)])


class QuestionnaireForm(VersionForm):
    """A questionnaire: what it is called, what it asks, for how long."""

    title_zh = StringField(N_("Title in Chinese"), [InputRequired(), Length(max=120)])
    title_en = StringField(N_("Title in English"), [Length(max=120)])
    intro_zh = TextAreaField(N_("Introduction in Chinese"), [Length(max=2000)], render_kw={"rows": 2})
    intro_en = TextAreaField(N_("Introduction in English"), [Length(max=2000)], render_kw={"rows": 2})
    questions = TextAreaField(N_("What it asks"), [Length(max=8000)], render_kw={"rows": 6})
    product_code = StringField(
        N_("Product"), [Length(max=80)], description=N_("Its code. Empty: not about a certain product.")
    )
    category = SelectField(N_("Category"), validators=[Optional()])
    valid_until = DateField(N_("Valid until"), [Optional()], description=N_("Empty: until it is switched off."))
    active = BooleanField(N_("Switched on"), default=True)


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


def offer_causes(ctx: Ctx, form: CauseForm | OpenActionForm | CauseEditForm, *, keep: int | None = None) -> None:
    """The causes that can be chosen, in the order of the tree, and ``keep``, which was chosen before."""
    tree = following.tree(ctx)
    offered = [(c.id, tree.path_words(c.id)) for _depth, c in tree.in_order(active_only=True)]
    if keep is not None and keep not in dict(offered):
        offered.append((keep, tree.path_words(keep)))
    field = form.parent_id if isinstance(form, CauseEditForm) else form.cause_id
    field.choices = [(0, _("Choose …")), *offered]


def offer_departments(ctx: Ctx, field: SelectField, empty: str) -> None:
    """The active organisation units."""
    field.choices = [(0, empty), *((u.id, u.name) for u in queries.departments(ctx))]


def offer_outcomes(ctx: Ctx, form: CloseForm | ReplyForm | ConfirmForm) -> None:
    """The outcomes of the company's setting."""
    form.outcome.choices = [("", _("Choose …")), *((c.value, label(c.label)) for c in queries.outcomes(ctx))]
