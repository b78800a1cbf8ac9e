"""Forms of the money of orders."""

from __future__ import annotations

from wtforms import DateField, DecimalField, HiddenField, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from core.api import N_
from core.web_api import MomentField, SanbaoForm
from plugins.service.forms.orders import VersionForm
from plugins.service.money_contracts import CHARGE_WORDS, METHOD_WORDS, MODE_WORDS, PAYER_WORDS

MOST = 999_999_999


class ChargeForm(SanbaoForm):
    """A charge, by price list or by hand."""

    kind = SelectField(N_("Kind of charge"), choices=list(CHARGE_WORDS.items()))
    label = StringField(N_("What is charged"), [Length(max=200)])
    code = StringField(N_("Code"), [Length(max=60)])
    quantity = DecimalField(N_("Quantity"), [InputRequired(), NumberRange(min=0, max=MOST)], default=1, places=None)
    unit_price = DecimalField(
        N_("Price"), [Optional(), NumberRange(min=0, max=MOST)],
        description=N_("Empty: from the price list, where there is one."),
    )
    payer = SelectField(N_("Paid for by"), choices=list(PAYER_WORDS.items()))
    reason = StringField(
        N_("Reason"), [Length(max=400)], description=N_("Needed for a price by hand.")
    )
    token = HiddenField()


class ReasonOnlyForm(SanbaoForm):
    reason = StringField(N_("Reason"), [InputRequired(), Length(max=1000)])


class CounterForm(ReasonOnlyForm):
    row_id = HiddenField(validators=[InputRequired()])


class PayForm(SanbaoForm):
    """Money that a customer gave."""

    amount = DecimalField(N_("Amount"), [InputRequired(), NumberRange(min=0, max=MOST)])
    method = SelectField(N_("Paid by"), choices=list(METHOD_WORDS.items()))
    mode = SelectField(N_("Way of collecting"), choices=list(MODE_WORDS.items()))
    mode_reason = StringField(
        N_("Why in this way"), [Length(max=400)], description=N_("Needed when the table says another way.")
    )
    payer_name = StringField(N_("Who paid"), [Length(max=120)])
    paid_at = MomentField(N_("When"), [Optional()], description=N_("Empty: now."))
    note = StringField(N_("Slip or reference"), [Length(max=400)])
    token = HiddenField()


class RefundForm(SanbaoForm):
    amount = DecimalField(N_("Amount"), [InputRequired(), NumberRange(min=0, max=MOST)])
    method = SelectField(N_("Given back by"), choices=list(METHOD_WORDS.items()))
    reason = StringField(N_("Reason"), [InputRequired(), Length(max=400)])
    token = HiddenField()


class InvoiceForm(SanbaoForm):
    number = StringField(N_("Number of the invoice"), [InputRequired(), Length(max=40)])
    invoiced_on = DateField(N_("Day of the invoice"), [InputRequired()])
    amount = DecimalField(N_("Amount"), [InputRequired(), NumberRange(min=0, max=MOST)])


class ConfirmForm(VersionForm):
    counted = DecimalField(N_("Counted by finance"), [InputRequired(), NumberRange(min=0, max=MOST)])
    reason = StringField(N_("Why it differs"), [Length(max=400)], description=N_("Needed when it differs."))


class RefuseForm(VersionForm):
    reason = StringField(N_("Reason"), [InputRequired(), Length(max=400)])


class HandOverForm(SanbaoForm):
    token = HiddenField()
