"""Forms on the warranty card of a unit, and of the repair register."""

from __future__ import annotations

from flask_wtf.file import FileField
from wtforms import BooleanField, DateField, DecimalField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from core.api import N_, Ctx, label
from core.web_api import MomentField, SanbaoForm
from plugins.warranty.contracts import (
    CARRIES_WORDS,
    DATED_EVENTS,
    IN_ARCHIVE,
    IN_SALES,
    READING_SOURCE_WORDS,
    REPAIR_CAUSE_WORDS,
    REPAIR_RESULT_WORDS,
    START_WORDS,
)
from plugins.warranty.forms.terms import VersionForm
from plugins.warranty.queries.periods import meter_kinds, proof_kinds

PART_LINES = 4
"""How many parts the form of a repair offers room for."""


class ProofForm(SanbaoForm):
    """What a paper says about a date of the unit."""

    event = SelectField(N_("Event"), choices=[(code, START_WORDS[code]) for code in DATED_EVENTS], default="sale")
    day = DateField(N_("Date"), [InputRequired()])
    source = SelectField(N_("Proof"), validators=[InputRequired()])
    document = StringField(N_("Number of the document"), [Length(max=80)])
    file = FileField(N_("Picture or scan"), description=N_("It is attached to the unit."))
    note = TextAreaField(N_("Note"), [Length(max=2000)], render_kw={"rows": 2},
                         description=N_("Needed for a person's decision: why this day counts."))  # fmt: skip

    def offer(self, ctx: Ctx) -> None:
        """The company's kinds of proof, but those that are not entered here."""
        kinds = [(code, label(text)) for code, text in proof_kinds(ctx) if code not in (IN_ARCHIVE, IN_SALES)]
        self.source.choices = [*kinds[1:], *kinds[:1]]


class ReadingForm(SanbaoForm):
    """What a meter says, or that it was replaced."""

    kind = SelectField(N_("Meter"), validators=[InputRequired()])
    value = DecimalField(N_("Reading"), [InputRequired(), NumberRange(min=0)], places=None)
    read_on = DateField(N_("Date"), [Optional()], description=N_("Empty: today."))
    read_by = SelectField(N_("Read by"), choices=[(c, t) for c, t in READING_SOURCE_WORDS.items() if c != "import"])
    replaced = BooleanField(N_("The meter was replaced"))
    old_value = DecimalField(N_("What the old meter showed last"), [Optional(), NumberRange(min=0)], places=None)
    why = StringField(N_("Why it was replaced"), [Length(max=400)])

    def offer(self, ctx: Ctx) -> None:
        """The company's meters."""
        self.kind.choices = [(code, label(text)) for code, text in meter_kinds(ctx)]


class CorrectForm(VersionForm):
    """A wrong reading is set aside; with a number, that one takes its place."""

    right_value = DecimalField(
        N_("Right reading"), [Optional(), NumberRange(min=0)], places=None, description=N_("Empty: there was none.")
    )
    reason = StringField(N_("Reason"), [InputRequired(), Length(max=400)])


class AsideForm(VersionForm):
    reason = StringField(N_("Reason"), [InputRequired(), Length(max=400)])


class ExchangeForm(SanbaoForm):
    """The unit was exchanged for another one of the archive."""

    new_serial = StringField(N_("Serial number of the new unit"), [InputRequired(), Length(max=80)])
    exchanged_on = DateField(N_("Date"), [Optional()], description=N_("Empty: today."))
    carries = RadioField(N_("Warranty"), choices=list(CARRIES_WORDS.items()), default="")
    exchange_reason = TextAreaField(N_("Reason"), [InputRequired(), Length(max=400)], render_kw={"rows": 2})


class RepairForm(VersionForm):
    """A repair in the register."""

    problem = StringField(
        N_("What was faulty"), [InputRequired(), Length(max=200)],
        description=N_("The same words as last time, where it is the same again."),
    )  # fmt: skip
    cause = SelectField(N_("Cause"), choices=list(REPAIR_CAUSE_WORDS.items()), default="")
    received_at = MomentField(N_("Came in"), [InputRequired()])
    handed_back_at = MomentField(N_("Given back"), [Optional()], description=N_("Empty: it is still here."))
    result = SelectField(N_("Result"), choices=list(REPAIR_RESULT_WORDS.items()), default="")
    waits_from = MomentField(N_("Waited for parts from"), [Optional()])
    waits_to = MomentField(N_("until"), [Optional()])
    own_from = MomentField(N_("Stood for reasons of our own from"), [Optional()])
    own_to = MomentField(N_("until"), [Optional()])
    own_reason = StringField(N_("Which reason of our own"), [Length(max=200)])
    repairer = StringField(N_("Repaired by"), [Length(max=120)])
    note = TextAreaField(N_("Note"), [Length(max=5000)], render_kw={"rows": 2})
    part_1 = StringField(N_("Part exchanged"), [Length(max=120)])
    group_1 = StringField(N_("Part group"), [Length(max=80)])
    part_2 = StringField(N_("Part exchanged"), [Length(max=120)])
    group_2 = StringField(N_("Part group"), [Length(max=80)])
    part_3 = StringField(N_("Part exchanged"), [Length(max=120)])
    group_3 = StringField(N_("Part group"), [Length(max=80)])
    part_4 = StringField(N_("Part exchanged"), [Length(max=120)])
    group_4 = StringField(N_("Part group"), [Length(max=80)])
