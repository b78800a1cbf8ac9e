"""Forms of quotes. Choices that the company's lists and people offer are filled in by the views."""

from __future__ import annotations

from decimal import Decimal

from flask_wtf.file import FileField
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
from wtforms.validators import InputRequired, Length, Optional

from core.api import N_, Ctx, _
from core.web_api import MomentField, VersionForm
from plugins.warranty.contracts import CONSENT_WORDS, LINE_WORDS, PAYER_WORDS, PRICE_UNIT_WORDS, SENT_WORDS
from plugins.warranty.queries import prices, quotes


class HeadForm(VersionForm):
    """What a quote is about, for whom, by which list."""

    title = StringField(N_("What is quoted"), [InputRequired(), Length(max=200)])
    list_id = SelectField(N_("Price list"), coerce=int, validators=[Optional()])
    discount = DecimalField(
        N_("Discount on everything, per cent"), [Optional()], default=Decimal(0), places=None,
        render_kw={"inputmode": "decimal"},
    )  # fmt: skip
    person_name = StringField(N_("Name of the person"), [Length(max=120)])
    person_phone = StringField(N_("Phone"), [Length(max=60)], render_kw={"inputmode": "tel"})
    person_email = StringField(N_("E-mail"), [Length(max=255)], render_kw={"inputmode": "email"})
    note = TextAreaField(N_("Remark on the quote"), render_kw={"rows": 3}, description=N_("The customer reads it."))


class NewForm(HeadForm):
    """A new quote, for a record or a customer. Its lines are added on its page."""

    kind = HiddenField()
    id = HiddenField()
    decision = HiddenField()
    customer_number = StringField(
        N_("Customer number"), [Length(max=40)], description=N_("Empty where only a name is known.")
    )


class LineForm(VersionForm):
    """A line: of the list, or priced by hand."""

    kind = SelectField(N_("Kind of cost"), choices=list(LINE_WORDS.items()), default="labour")
    code = StringField(N_("Code"), [Length(max=60)], description=N_("Of the part or work, as in the price list."))
    group = StringField(N_("Group"), [Length(max=80)])
    label = StringField(N_("What it is"), [Length(max=200)], description=N_("Empty: as in the price list."))
    quantity = DecimalField(
        N_("Quantity"), [InputRequired()], default=Decimal(1), places=None, render_kw={"inputmode": "decimal"}
    )
    line_discount = DecimalField(
        N_("Discount in per cent"), [Optional()], default=Decimal(0), places=None, render_kw={"inputmode": "decimal"}
    )
    payer = SelectField(N_("Who pays it"), validators=[Optional()], choices=list(PAYER_WORDS.items()))
    payer_reason = StringField(
        N_("Why somebody else pays"), [Length(max=400)], description=N_("The customer reads it.")
    )
    free = BooleanField(N_("Price by hand, not from the list"))
    unit_price = DecimalField(N_("Price of one"), [Optional()], places=None, render_kw={"inputmode": "decimal"})
    unit = SelectField(N_("Unit of measure"), choices=list(PRICE_UNIT_WORDS.items()), default="piece")


class SendForm(VersionForm):
    """How a quote goes to the customer."""

    how = RadioField(N_("How"), choices=list(SENT_WORDS.items()), default="print")
    valid_until = DateField(N_("Valid until"), [Optional()], description=N_("Empty: as the rules say."))
    mail_to = SelectField(N_("Address"), validators=[Optional()], choices=[])
    subject = StringField(N_("Subject of the mail"), [Length(max=200)])
    text = TextAreaField(N_("Text of the mail"), [Length(max=20_000)], render_kw={"rows": 10})
    locale = SelectField(N_("Language of the sheet"), choices=[("zh", "中文"), ("en", "English")])


class AnswerForm(VersionForm):
    """What the customer answered: who, when, how, with what proof."""

    who = StringField(N_("Who said it"), [InputRequired(), Length(max=120)])
    how = RadioField(N_("How"), choices=list(CONSENT_WORDS.items()), default="phone")
    at = MomentField(N_("When"), [Optional()], description=N_("Empty: now."))
    note = TextAreaField(N_("Remark"), render_kw={"rows": 2})
    evidence = FileField(N_("Proof"), description=N_("The signed sheet, a letter, a picture of the message."))


class RefuseForm(VersionForm):
    """What the customer said, and why he or she refuses."""

    who = StringField(N_("Who said it"), [InputRequired(), Length(max=120)])
    how = RadioField(N_("How"), choices=list(CONSENT_WORDS.items()), default="phone")
    at = MomentField(N_("When"), [Optional()], description=N_("Empty: now."))
    note = TextAreaField(N_("Why the customer refuses"), [InputRequired()], render_kw={"rows": 2})


class ReasonForm(VersionForm):
    reason = TextAreaField(N_("Reason"), [InputRequired()], render_kw={"rows": 2})


class GiveForm(VersionForm):
    user_id = SelectField(N_("Person"), coerce=int, validators=[InputRequired()])


def offer_lists(ctx: Ctx, form: HeadForm, keep: int | None = None) -> None:
    """The active price lists, and the one chosen before."""
    offered = [(r.id, f"{r.name} ({r.currency})") for r in prices.active_lists(ctx)]
    kept = prices.find_list(ctx, keep)
    if kept is not None and kept.id not in dict(offered):
        offered.append((kept.id, kept.name))
    form.list_id.choices = [(0, _("None, prices by hand")), *offered]


def offer_people(ctx: Ctx, form: GiveForm) -> None:
    """Everybody who works here."""
    form.user_id.choices = quotes.people(ctx)
