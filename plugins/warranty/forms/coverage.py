"""Fields for the facts of a case: those that are asked first, those that would matter, and all others to correct."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from wtforms import HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from core.api import N_, Table
from core.web_api import FactField, SanbaoForm, VersionForm, entered_facts, fact_field
from plugins.warranty.contracts import CHARGE_WORDS
from plugins.warranty.queries.coverage import Facts

FIRST = ("cause", "part_group", "proof", "wish")
"""Facts that nobody but the person who asks can know; they are always asked where the rule set has them."""


@dataclass(frozen=True)
class FactFields:
    """The fields of a page: ``asked`` at once, ``more`` behind a click."""

    asked: tuple[FactField, ...]
    more: tuple[FactField, ...]

    @property
    def bad(self) -> tuple[FactField, ...]:
        """Those with a mistake."""
        return tuple(f for f in (*self.asked, *self.more) if f.error)


def fields_of(
    table: Table, found: Facts, args: Mapping[str, str], errors: Mapping[str, str], wanted: Sequence[str]
) -> FactFields:
    """The fields of a rule set's facts. ``wanted`` are names to ask beside FIRST; what was found is filled in."""
    shown = {*FIRST, *wanted, *errors}
    asked: list[FactField] = []
    more: list[FactField] = []
    for column in table.inputs:
        typed = f"f.{column.name}" in args
        source = args if typed else {f"f.{column.name}": text_of(found.values.get(column.name))}
        field = fact_field(column, source, errors)
        field = replace(field, required=column.name in wanted and not column.optional)
        (asked if column.name in shown else more).append(field)
    asked.sort(key=lambda f: (FIRST + (f.name[2:],)).index(f.name[2:]))
    return FactFields(tuple(asked), tuple(more))


def given_of(table: Table, found: Facts, args: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """What a person says otherwise than what was found, and mistakes by name. A field left blank says nothing."""
    facts, errors = entered_facts(table, args)
    given = {name: value for name, value in facts.items() if value != found.values.get(name)}
    given |= {name: facts[name] for name in facts if found.sources.get(name) == "given"}
    return given, errors


def text_of(value: Any) -> str:
    """A fact as its field shows it."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


class CaseForm(SanbaoForm):
    """What a case is about, beside its facts."""

    problem = StringField(
        N_("Problem"),
        [Length(max=200)],
        description=N_("In a few words, the same for the same problem: it is counted."),
    )
    about_kind = HiddenField()
    about_id = HiddenField()


class ReasonForm(VersionForm):
    """A reason, and the version that was seen."""

    reason = TextAreaField(N_("Reason"), [InputRequired(), Length(max=2000)], render_kw={"rows": 2})


class AgainForm(VersionForm):
    """What has turned out since: it stands on the later decision."""

    reason = TextAreaField(N_("What has turned out"), [InputRequired(), Length(max=2000)], render_kw={"rows": 2})


class SettleForm(ReasonForm):
    """What a person decides where the rules are silent."""

    charge = SelectField(N_("Charge"), [InputRequired()], choices=[("", ""), *CHARGE_WORDS.items()])
    remedy = SelectField(
        N_("What the customer may ask"),
        choices=[
            ("repair", N_("repair")),
            ("exchange", N_("exchange")),
            ("refund", N_("refund")),
            ("reduction", N_("price reduction")),
            ("", N_("nothing")),
        ],
        default="repair",
    )
    price_list = SelectField(
        N_("Price list"),
        choices=[
            ("", N_("none")),
            ("normal", N_("normal price")),
            ("preferential", N_("preferential price")),
            ("contract", N_("contract price")),
        ],
    )
