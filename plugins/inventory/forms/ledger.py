"""Forms that move parts, of locations, and of the stock book."""

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
from wtforms.validators import InputRequired, Length, Optional

from core.api import N_
from core.web_api import SanbaoForm
from plugins.inventory.contracts import PLACE_WORDS
from plugins.inventory.forms.common import VersionForm


class MovingForm(SanbaoForm):
    """What every form that moves parts asks; ``once`` tells a form that is sent twice."""

    part = StringField(N_("Part"), [InputRequired(), Length(max=60)], description=N_("Its code, typed or scanned."))
    quantity = DecimalField(N_("Quantity"), [InputRequired()], places=None, default=1)
    effective_on = DateField(N_("Counts for"), [Optional()], description=N_("Empty: today."))
    reason = TextAreaField(N_("Reason"), [Length(max=2000)], render_kw={"rows": 2})
    once = HiddenField(validators=[Length(max=60)])


class ReceiveForm(MovingForm):
    measure_id = SelectField(N_("Unit of measure"), coerce=int)
    to_id = SelectField(N_("Into"), coerce=int)
    batch = StringField(N_("Batch"), [Length(max=80)], description=N_("For parts that are tracked by batch."))
    produced_on = DateField(N_("Produced on"), [Optional()])
    expires_on = DateField(N_("Expires on"), [Optional()])
    sterile_until = DateField(N_("Sterile until"), [Optional()])
    serials = TextAreaField(
        N_("Serial numbers"), render_kw={"rows": 3}, description=N_("One per line: so many pieces are received.")
    )


class LotForm(MovingForm):
    """From one location; batch and serial number where the part is tracked."""

    from_id = SelectField(N_("From (place)"), coerce=int)
    batch = StringField(N_("Batch"), [Length(max=80)])
    serial = StringField(N_("Serial number"), [Length(max=80)])


class IssueForm(LotForm):
    measure_id = SelectField(N_("Unit of measure"), coerce=int)


class TransferForm(LotForm):
    to_id = SelectField(N_("To (place)"), coerce=int)


class AdjustForm(LotForm):
    direction = RadioField(
        N_("What is wrong"), choices=[("missing", N_("There are fewer")), ("found", N_("There are more"))],
        default="missing",
    )  # fmt: skip
    reason = TextAreaField(N_("Reason"), [InputRequired(), Length(max=2000)], render_kw={"rows": 2})


class ReverseForm(SanbaoForm):
    reason = TextAreaField(N_("Reason"), [InputRequired(), Length(max=2000)], render_kw={"rows": 2})


class LocationForm(VersionForm):
    code = StringField(N_("Code"), [InputRequired(), Length(max=40)])
    name = StringField(N_("Name"), [InputRequired(), Length(max=120)])
    kind = SelectField(N_("Sort of location"), choices=list(PLACE_WORDS.items()))
    parent_id = SelectField(N_("Below"), coerce=int)
    unit_id = SelectField(N_("Organisation unit"), coerce=int)
    user_id = SelectField(N_("Person"), coerce=int, description=N_("Who has it: of a van or a technician’s store."))
    note = TextAreaField(N_("Note"), render_kw={"rows": 2})
    active = BooleanField(N_("In use"), default=True)


class CloseForm(VersionForm):
    until = DateField(N_("Close up to"), [InputRequired()])


class ReopenForm(VersionForm):
    until = DateField(N_("Keep closed up to"), [Optional()], description=N_("Empty: all days are open again."))
    reason = TextAreaField(N_("Reason"), [InputRequired(), Length(max=2000)], render_kw={"rows": 2})
