"""Forms of price lists."""

from __future__ import annotations

from decimal import Decimal

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
from core.web_api import SanbaoForm
from plugins.warranty.contracts import LINE_WORDS, PRICE_LIST_WORDS, PRICE_UNIT_WORDS
from plugins.warranty.forms.quotes import VersionForm
from plugins.warranty.queries import prices

_NUMBER = {"inputmode": "decimal"}


class ListForm(VersionForm):
    """A price list."""

    code = StringField(N_("Code"), [Length(max=40)], description=N_("Rules and files name the list by it; it stays."))
    name = StringField(N_("Name"), [InputRequired(), Length(max=120)])
    kind = RadioField(N_("Kind"), choices=list(PRICE_LIST_WORDS.items()), default="normal")
    currency = StringField(N_("Currency"), [Length(max=3)], description=N_("Empty: that of the company."))
    tax_included = BooleanField(N_("Prices include tax"), default=True)
    base_id = SelectField(
        N_("Base list"), coerce=int, validators=[Optional()], description=N_("What percentages in this list refer to.")
    )
    active = BooleanField(N_("In use"), default=True)


class VersionDaysForm(VersionForm):
    """From when to when a version counts, and why it is made."""

    valid_from = DateField(N_("First day"), [InputRequired()])
    valid_to = DateField(N_("Last day"), [Optional()], description=N_("Empty: until another version takes its place."))
    reason = TextAreaField(N_("Why the prices change"), [Length(max=400)], render_kw={"rows": 2})


class EndForm(VersionForm):
    valid_to = DateField(N_("Last day"), [InputRequired()])


class ItemForm(VersionForm):
    """A row of a price list."""

    item_id = HiddenField()
    kind = SelectField(N_("Kind of cost"), choices=list(LINE_WORDS.items()), default="labour")
    code = StringField(N_("Code"), [Length(max=60)], description=N_("Empty: every one of the group, or of the kind."))
    group = StringField(N_("Group"), [Length(max=80)])
    label = StringField(N_("What it is"), [Length(max=200)])
    unit = SelectField(N_("Unit of measure"), choices=list(PRICE_UNIT_WORDS.items()), default="hour")
    price = DecimalField(N_("Price"), [Optional()], places=None, render_kw=_NUMBER)
    percent = DecimalField(N_("Per cent of the base list"), [Optional()], places=None, render_kw=_NUMBER)
    from_quantity = DecimalField(N_("From quantity"), [Optional()], default=Decimal(0), places=None, render_kw=_NUMBER)
    minimum = DecimalField(N_("Least amount"), [Optional()], places=None, render_kw=_NUMBER)


class PriceReasonForm(VersionForm):
    reason = TextAreaField(N_("Reason"), [InputRequired()], render_kw={"rows": 2})


class PlainForm(VersionForm):
    """A button that knows the version that was shown."""


class AskForm(SanbaoForm):
    """What would something cost on a day?"""

    class Meta:
        csrf = False

    kind = SelectField(N_("Kind of cost"), choices=list(LINE_WORDS.items()), default="labour")
    code = StringField(N_("Code"), [Length(max=60)])
    group = StringField(N_("Group"), [Length(max=80)])
    quantity = DecimalField(N_("Quantity"), [Optional()], default=Decimal(1), places=None, render_kw=_NUMBER)
    on = DateField(N_("Day"), [Optional()])


def offer_bases(ctx: Ctx, form: ListForm, but: int | None = None, keep: int | None = None) -> None:
    """The lists that percentages may refer to: active ones that refer to no other."""
    offered = [(r.id, r.name) for r in prices.active_lists(ctx) if r.base_id is None and r.id != but]
    kept = prices.find_list(ctx, keep)
    if kept is not None and kept.id not in dict(offered):
        offered.append((kept.id, kept.name))
    form.base_id.choices = [(0, _("none")), *offered]
