"""Forms of loaners: a piece of the pool, reserving, handing out, more time, taking back, settling."""

from __future__ import annotations

from wtforms import (
    BooleanField,
    DateField,
    DecimalField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, Optional

from core.api import N_
from core.web_api import SanbaoForm
from plugins.inventory.forms.common import ReasonForm, VersionForm


class LoanerForm(VersionForm):
    products = SelectMultipleField(
        N_("Stands in for"), [InputRequired()], coerce=int, description=N_("The products whose owners may get it.")
    )
    home_id = SelectField(N_("Where it belongs"), coerce=int)
    accessories = TextAreaField(
        N_("What goes with it"), [Length(max=2000)], description=N_("One per line."), render_kw={"rows": 3}
    )
    note = TextAreaField(N_("Note"), [Length(max=2000)], render_kw={"rows": 2})


class NewLoanerForm(LoanerForm):
    part = StringField(N_("Part"), [InputRequired(), Length(max=60)], description=N_("Its code, typed or scanned."))
    serial = StringField(
        N_("Serial number"), [InputRequired(), Length(max=80)], description=N_("Of a piece that is in stock.")
    )


class RetireForm(ReasonForm):
    to_id = SelectField(N_("The piece goes to"), coerce=int)


class ReserveForm(SanbaoForm):
    loaner_id = SelectField(N_("Loaner"), coerce=int)
    from_on = DateField(N_("Lent from"), [InputRequired()])
    due_on = DateField(N_("To be back by"), [InputRequired()])
    site_id = SelectField(N_("Site of the customer"), coerce=int)


class HandOutForm(VersionForm):
    person = StringField(
        N_("Taken by"), [InputRequired(), Length(max=120)], description=N_("Who of the customer signs for it.")
    )
    due_on = DateField(N_("To be back by"), [InputRequired()])
    site_id = SelectField(N_("Site of the customer"), coerce=int)
    accessories = TextAreaField(
        N_("What goes with it"), [Length(max=2000)], description=N_("One per line."), render_kw={"rows": 3}
    )
    note = TextAreaField(N_("Remarks when handed out"), [Length(max=2000)], render_kw={"rows": 2})


class TakeBackForm(VersionForm):
    faulty = BooleanField(
        N_("It came back faulty"), description=N_("It goes into quarantine and is inspected before anybody gets it.")
    )
    damage = TextAreaField(N_("What was damaged or lost"), [Length(max=2000)], render_kw={"rows": 2})
    damage_amount = DecimalField(N_("Amount of the damage"), [Optional()], places=None)
    note = TextAreaField(N_("Remarks when taken back"), [Length(max=2000)], render_kw={"rows": 2})


class ExtendForm(ReasonForm):
    due_on = DateField(N_("To be back by"), [InputRequired()])


class SettleLoanForm(VersionForm):
    charge = BooleanField(N_("Charge the amount on the order"))
    note = TextAreaField(N_("How it was settled"), [Length(max=2000)], render_kw={"rows": 2})
