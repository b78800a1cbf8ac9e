"""The list of decisions on coverage, declared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import (
    N_,
    ChoiceFilter,
    Ctx,
    DaysFilter,
    ListColumn,
    ListDef,
    ListTab,
    Mark,
    TextFilter,
    _,
    n_,
)
from plugins.warranty import coverage_life as life
from plugins.warranty import coverage_words as words
from plugins.warranty.contracts import (
    CHARGE_ICONS,
    CHARGE_TONES,
    CHARGE_WORDS,
    DECISION_STATE_ICONS,
    DECISION_STATE_WORDS,
)
from plugins.warranty.models import CoverageDecision
from plugins.warranty.models.coverage import OPEN_STATES

TONES = {"stands": "ok", "referred": "warn", "waiting": "info", "refused": "bad"}
NEWEST = ((CoverageDecision.id, True),)
OLDEST = ((CoverageDecision.id, False),)


def _rows(_ctx: Ctx) -> sa.Select:
    return sa.select(CoverageDecision).options(
        orm.joinedload(CoverageDecision.device), orm.joinedload(CoverageDecision.customer)
    )


def _state(row: CoverageDecision) -> Mark:
    return Mark(_(DECISION_STATE_WORDS[row.state]), TONES.get(row.state, ""), DECISION_STATE_ICONS[row.state])


def _charge(row: CoverageDecision) -> Mark | None:
    if not row.charge:
        return None
    return Mark(_(CHARGE_WORDS[row.charge]), CHARGE_TONES[row.charge], CHARGE_ICONS[row.charge], tag=True)


def _problem(row: CoverageDecision) -> str:
    return row.problem or _("No problem named")


def _unit(row: CoverageDecision) -> str:
    return row.device.serial or f"#{row.device_id}"


COLUMNS = (
    ListColumn("number", N_("Number"), lambda r: r.number, "id", "id", CoverageDecision.number, fixed=True),
    ListColumn("problem", N_("Problem"), _problem, "main", "main"),
    ListColumn("charge", N_("Charge"), _charge, "mark", "tag"),
    ListColumn("remedies", N_("Customer may ask"), lambda r: words.remedy_words(r.outputs)),
    ListColumn("device", N_("Unit concerned"), _unit),
    ListColumn("customer", N_("Customer"), lambda r: r.customer.name if r.customer else ""),
    ListColumn("holds", N_("Holds until"), lambda r: r.holds_until, "date", "left", CoverageDecision.holds_until),
    ListColumn("made", N_("Decided on"), lambda r: r.made_at, "moment", sort=CoverageDecision.made_at),
    ListColumn("by", N_("Judged by"), lambda r: r.made_by, shown=False),
    ListColumn("rule_set", N_("Rule set"), lambda r: r.rule_set, shown=False),
    ListColumn("reason", N_("Why decided again"), lambda r: r.reason, shown=False),
    ListColumn("state", N_("State"), _state, "mark", "right"),
)


def _in_words(codes: Mapping[str, str]) -> Any:
    return lambda ctx: [(code, _(text)) for code, text in codes.items()]


FILTERS = (
    ChoiceFilter("state", N_("State"), CoverageDecision.state, _in_words(DECISION_STATE_WORDS)),
    ChoiceFilter("charge", N_("Charge"), CoverageDecision.charge, _in_words(CHARGE_WORDS)),
    TextFilter("rule_set", N_("Rule set"), CoverageDecision.rule_set),
    DaysFilter("made", N_("Decided on"), column=CoverageDecision.made_at),
)
TABS = (
    ListTab("open", N_("Valid now"), lambda ctx: CoverageDecision.state.in_(OPEN_STATES), order=NEWEST),
    ListTab("referred", N_("A person decides"), lambda ctx: CoverageDecision.state == "referred", order=OLDEST),
    ListTab("waiting", N_("Waiting for approval"), lambda ctx: CoverageDecision.state == "waiting", order=OLDEST),
    ListTab("all", N_("All"), counted=False),
)


def _summary(_ctx: Ctx, counts: Mapping[str, int]) -> str:
    return n_("{n} waits for a person", "{n} wait for a person", counts["referred"] + counts["waiting"])


DECISIONS = ListDef(
    "warranty.decisions",
    N_("Coverage"),
    CoverageDecision,
    life.SEE,
    COLUMNS,
    "/warranty/decisions/",
    icon="scale",
    query=_rows,
    search=lambda _ctx, text: sa.or_(
        CoverageDecision.number.icontains(text, autoescape=True),
        CoverageDecision.problem.icontains(text, autoescape=True),
    ),
    search_words=N_("Number, problem"),
    filters=FILTERS,
    tabs=TABS,
    first=("referred", "waiting", "open"),
    order=NEWEST,
    export=life.SEE,
    summary=_summary,
    empty=N_("No decisions here"),
    empty_hint=N_("Open a unit or a complaint and decide there what the warranty covers."),
)
