"""Forms of warranty terms."""

from __future__ import annotations

from wtforms import BooleanField, DateField, HiddenField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from core.api import N_
from core.web_api import VersionForm
from plugins.warranty.contracts import (
    AMOUNT_UNIT_WORDS,
    COVER_WORDS,
    EXTENDS_WORDS,
    ON_EXCHANGE_WORDS,
    REPAIR_DAYS_WORDS,
    START_WORDS,
)

FALLBACKS = 4
"""How many events a form offers, each where the ones before have no date."""
_EVENTS = [("", N_("none")), *START_WORDS.items()]


class ReasonForm(VersionForm):
    reason = TextAreaField(N_("Reason"), [InputRequired(), Length(max=2000)], render_kw={"rows": 2})


class EndForm(VersionForm):
    last_day = DateField(N_("Fits units sold until"), [InputRequired()])


class TermForm(VersionForm):
    """Everything that a term says."""

    replaces_id = HiddenField()
    code = StringField(N_("Code"), [InputRequired(), Length(max=60)], description=N_("Such as engine-main-parts."))
    name = StringField(N_("Warranty term"), [InputRequired(), Length(max=120)])
    cover = SelectField(N_("Cover"), choices=list(COVER_WORDS.items()))
    product = StringField(N_("Code of the product"), [Length(max=60)], description=N_("Empty: every product."))
    product_group = StringField(N_("Product group"), [Length(max=80)], description=N_("Instead of one product."))
    part_group = StringField(N_("Part group"), [Length(max=80)], description=N_("Narrows the cover, such as engine."))
    customer = StringField(N_("Number of the customer"), [Length(max=40)], description=N_("Empty: every customer."))
    amount = IntegerField(N_("Warranty period"), [Optional(), NumberRange(min=1)])
    amount_unit = SelectField(N_("Counted in"), choices=list(AMOUNT_UNIT_WORDS.items()), default="months")
    meters = StringField(
        N_("Meter limits"), [Length(max=200)],
        description=N_("Such as km: 60000, hours: 2000. Whichever limit is reached first ends the period."),
    )  # fmt: skip
    start_1 = SelectField(N_("Begins with"), choices=_EVENTS, default="sale")
    start_2 = SelectField(N_("where that is unknown"), choices=_EVENTS, default="")
    start_3 = SelectField(N_("where that is unknown"), choices=_EVENTS, default="")
    start_4 = SelectField(N_("where that is unknown"), choices=_EVENTS, default="")
    after_1 = IntegerField(N_("Days after it"), [Optional()], default=0)
    after_2 = IntegerField(N_("Days after it"), [Optional()], default=0)
    after_3 = IntegerField(N_("Days after it"), [Optional()], default=0)
    after_4 = IntegerField(N_("Days after it"), [Optional()], default=0)
    start_day_counts = BooleanField(N_("Day of the event counts"))
    holiday_shift = BooleanField(N_("Last day on a holiday moves to the next working day"))
    calendar = SelectField(N_("Calendar"), default="")
    extends = SelectField(N_("Extended"), choices=list(EXTENDS_WORDS.items()), default="none")
    repair_days = SelectField(
        N_("Days under repair are counted"), choices=list(REPAIR_DAYS_WORDS.items()), default="calendar"
    )
    on_exchange = SelectField(N_("When exchanged"), choices=list(ON_EXCHANGE_WORDS.items()), default="restart")
    exchange_days = IntegerField(
        N_("At least so many days after an exchange"), [Optional(), NumberRange(min=0, max=36_500)], default=0
    )
    valid_from = DateField(N_("Fits units sold from"), [Optional()], description=N_("Empty: today."))
    valid_until = DateField(N_("Fits units sold until"), [Optional()])
    earlier_units = BooleanField(N_("Units sold before, too"))
    clause = StringField(N_("Clause"), [Length(max=120)], description=N_("Where it is written, such as REP-7."))
    note = TextAreaField(N_("Note"), [Length(max=5000)], render_kw={"rows": 2})
