"""Forms of the day book."""

from __future__ import annotations

from wtforms import DateField, FileField, HiddenField, StringField
from wtforms.validators import InputRequired, Length, Optional

from core.api import N_
from core.web_api import SanbaoForm


class FilingForm(SanbaoForm):
    """A signed voucher that is filed."""

    row_id = HiddenField(validators=[InputRequired()])
    place = StringField(
        N_("Where it is filed"), [InputRequired(), Length(max=120)], description=N_("Folder, drawer, shelf.")
    )
    signed_on = DateField(N_("Signed on"), [Optional()], description=N_("Today unless said."))
    note = StringField(N_("Note"), [Length(max=400)])
    scan = FileField(N_("Scan or photo"), [Optional()])


class TakeOutForm(SanbaoForm):
    row_id = HiddenField(validators=[InputRequired()])
    reason = StringField(N_("Reason"), [InputRequired(), Length(max=400)])


class CloseDayForm(SanbaoForm):
    """Closing a day."""

    day = HiddenField(validators=[InputRequired()])
    unit_id = HiddenField(validators=[InputRequired()])
    note = StringField(
        N_("Note"), [Length(max=400)], description=N_("Needed where entries and vouchers do not agree.")
    )
