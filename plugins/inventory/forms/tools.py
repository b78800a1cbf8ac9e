"""Forms of tools: register, hand-over, what comes back, kits, claims."""

from __future__ import annotations

from wtforms import (
    BooleanField,
    DateField,
    DecimalField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from core.api import N_
from plugins.inventory.forms.common import VersionForm
from plugins.inventory.tool_contracts import CONDITION_WORDS, FAULT_WORDS, LOSS_WORDS, PURPOSE_WORDS

NOTE = {"rows": 2}


class ToolKindForm(VersionForm):
    """A kind of tool."""

    code = StringField(N_("Code"), [InputRequired(), Length(max=40)])
    name = StringField(N_("Name"), [InputRequired(), Length(max=120)])
    inspect_months = IntegerField(
        N_("Inspection holds (months)"), [Optional(), NumberRange(1, 240)],
        description=N_("Inspection or calibration; empty: none is needed."),
    )  # fmt: skip
    active = BooleanField(N_("In use"), default=True)


class ToolForm(VersionForm):
    """A tool in the register."""

    number = StringField(N_("Number"), [Length(max=40)], description=N_("Empty: the next one is given."))
    name = StringField(N_("Name"), [InputRequired(), Length(max=200)])
    kind_id = SelectField(N_("Kind of tool"), coerce=int)
    serial = StringField(N_("Serial number"), [Length(max=80)])
    price = DecimalField(N_("Price"), [Optional(), NumberRange(0, 10**10)], places=2)
    bought_on = DateField(N_("Bought on"), [Optional()])
    supplier_id = SelectField(N_("Supplier"), coerce=int)
    unit_id = SelectField(N_("Organisation unit"), coerce=int)
    kit_id = SelectField(N_("Kit"), coerce=int)
    inspect_by = DateField(N_("Inspection holds until"), [Optional()])
    reserved = BooleanField(
        N_("Reserved for service"), description=N_("It is not lent to production or other departments.")
    )
    note = TextAreaField(N_("Note"), render_kw=NOTE)


class HandOverForm(VersionForm):
    """To whom a tool goes, what for, in what condition."""

    user_id = SelectField(N_("Hand over to"), coerce=int)
    purpose = RadioField(N_("What for"), choices=list(PURPOSE_WORDS.items()), default="service")
    unit_id = SelectField(N_("For organisation unit"), coerce=int)
    condition = RadioField(N_("Condition"), choices=list(CONDITION_WORDS.items()), default="good")
    note = TextAreaField(N_("Note"), [Length(max=2000)], render_kw=NOTE)


class AcceptForm(VersionForm):
    """The signature is a drawing or a photo of the signed card, read beside this."""


class GiveBackForm(VersionForm):
    condition = RadioField(N_("Condition"), choices=list(CONDITION_WORDS.items()), default="good")
    repair = BooleanField(N_("It goes to repair"))
    note = TextAreaField(N_("Note"), [Length(max=2000)], render_kw=NOTE)


class ReportForm(VersionForm):
    happened = RadioField(N_("What happened to it"), [InputRequired()], choices=list(LOSS_WORDS.items()))
    what = TextAreaField(N_("How it happened"), [InputRequired(), Length(max=2000)], render_kw=NOTE)


class InspectionForm(VersionForm):
    on = DateField(N_("Inspected on"), [InputRequired()])
    until = DateField(N_("Holds until"), [Optional()], description=N_("Empty: as long as its kind says."))
    note = StringField(N_("Note"), [Length(max=1000)])


class KitForm(VersionForm):
    code = StringField(N_("Code"), [InputRequired(), Length(max=40)])
    name = StringField(N_("Name"), [InputRequired(), Length(max=120)])
    unit_id = SelectField(N_("Organisation unit"), coerce=int)
    reserved = BooleanField(
        N_("Reserved for service"), default=True, description=N_("So are all tools that are assigned to it.")
    )
    active = BooleanField(N_("In use"), default=True)
    note = TextAreaField(N_("Note"), render_kw=NOTE)


class KitLineForm(VersionForm):
    kind_id = SelectField(N_("Kind of tool"), coerce=int)
    quantity = IntegerField(N_("Needed"), [InputRequired(), NumberRange(1, 1000)], default=1)


class FaultForm(VersionForm):
    fault = RadioField(N_("Responsibility"), [InputRequired()], choices=list(FAULT_WORDS.items()))
    reason = TextAreaField(N_("Reason"), [InputRequired(), Length(max=2000)], render_kw=NOTE)
