"""Forms of quality: taking back, inspecting, deciding, scrapping, settling with suppliers, what a part is worth."""

from __future__ import annotations

from wtforms import BooleanField, DecimalField, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from core.api import N_
from core.web_api import SanbaoForm
from plugins.inventory.forms.common import VersionForm
from plugins.inventory.quality_contracts import EXPECTED_WORDS, SOURCE_WORDS, VERDICT_WORDS


class ReturnForm(SanbaoForm):
    """What is taken back into quarantine; ``once`` tells a form that is sent twice."""

    source = RadioField(
        N_("Who brings it"), choices=[(code, SOURCE_WORDS[code]) for code in ("return", "field")], default="return"
    )
    part = StringField(N_("Part"), [InputRequired(), Length(max=60)], description=N_("Its code, typed or scanned."))
    quantity = DecimalField(N_("Quantity"), [InputRequired()], places=None, default=1)
    batch = StringField(N_("Batch"), [Length(max=80)])
    serial = StringField(N_("Serial number"), [Length(max=80)])
    reason_code = SelectField(N_("Reason for coming back"), [InputRequired()])
    to_id = SelectField(N_("Into"), coerce=int)
    note = TextAreaField(N_("Note"), [Length(max=2000)], render_kw={"rows": 2})
    before_book = BooleanField(
        N_("It was given out before this book began"), description=N_("Then the note says where it comes from.")
    )
    once = HiddenField(validators=[Length(max=60)])
    kind = HiddenField(validators=[Length(max=80)])
    record = HiddenField(validators=[Length(max=20)])


class InspectForm(SanbaoForm):
    quantity = DecimalField(N_("Quantity"), [InputRequired()], places=None)
    note = TextAreaField(N_("What is doubtful about it"), [InputRequired(), Length(max=2000)], render_kw={"rows": 2})


class FindingForm(VersionForm):
    finding = TextAreaField(N_("What was found"), [InputRequired(), Length(max=4000)], render_kw={"rows": 3})


class VerdictForm(VersionForm):
    verdict = RadioField(N_("What becomes of it"), [InputRequired()], choices=list(VERDICT_WORDS.items()))
    quantity = DecimalField(N_("Quantity"), [InputRequired()], places=None)
    to_id = SelectField(N_("Release to"), coerce=int)
    supplier_id = SelectField(
        N_("Supplier"), coerce=int, description=N_("For what is returned to the supplier.")
    )
    expects = SelectField(N_("What is expected for it"), choices=list(EXPECTED_WORDS.items()))
    note = TextAreaField(N_("Why"), [Length(max=2000)], render_kw={"rows": 2})


class ScrapForm(SanbaoForm):
    quantity = DecimalField(N_("Quantity"), [InputRequired()], places=None)
    reason = TextAreaField(N_("Reason"), [InputRequired(), Length(max=2000)], render_kw={"rows": 2})


class SettleForm(VersionForm):
    quantity = DecimalField(N_("Quantity"), [InputRequired()], places=None)
    note = TextAreaField(N_("What came for it"), [InputRequired(), Length(max=2000)], render_kw={"rows": 2})


class CostForm(VersionForm):
    amount = DecimalField(N_("Worth of one"), [InputRequired()], places=None)
