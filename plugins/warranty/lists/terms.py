"""The list of warranty terms, declared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import N_, ChoiceFilter, Ctx, ListColumn, ListDef, ListTab, Mark, NewRecord, TextFilter, _, n_
from plugins.warranty import life, words
from plugins.warranty.contracts import COVER_WORDS, TERM_STATE_ICONS, TERM_STATE_WORDS
from plugins.warranty.models import Term
from plugins.warranty.queries.periods import meter_kinds

TONES = {"in_force": "ok"}


def _rows(_ctx: Ctx) -> sa.Select:
    return sa.select(Term).options(orm.joinedload(Term.product), orm.joinedload(Term.customer))


@dataclass(frozen=True)
class TermRow:
    """A term with its length in words."""

    term: Term
    length: str


def _with_length(ctx: Ctx, found: list[Term]) -> list[TermRow]:
    meters = dict(meter_kinds(ctx))
    return [TermRow(term, words.length_words(term, meters)) for term in found]


def _state(row: TermRow) -> Mark:
    state = row.term.state
    return Mark(_(TERM_STATE_WORDS[state]), TONES.get(state, ""), TERM_STATE_ICONS[state])


COLUMNS = (
    ListColumn("code", N_("Code"), lambda r: r.term.code, "id", "id", Term.code, fixed=True),
    ListColumn("name", N_("Warranty term"), lambda r: r.term.name, "main", "main"),
    ListColumn("cover", N_("Cover"), lambda r: _(COVER_WORDS[r.term.cover]), place="tag"),
    ListColumn("scope", N_("Meant for"), lambda r: words.scope_words(r.term)),
    ListColumn("length", N_("Warranty period"), lambda r: r.length, place="left"),
    ListColumn("start", N_("Begins with"), lambda r: words.start_words(r.term)),
    ListColumn("from", N_("Fits units sold from"), lambda r: r.term.valid_from, "date"),
    ListColumn("until", N_("Fits units sold until"), lambda r: r.term.valid_until, "date", shown=False),
    ListColumn("clause", N_("Clause"), lambda r: r.term.clause, shown=False),
    ListColumn("state", N_("State"), _state, "mark", "right"),
)


def _in_words(words: Mapping[str, str]) -> Any:
    return lambda ctx: [(code, _(text)) for code, text in words.items()]


FILTERS = (
    ChoiceFilter("state", N_("State"), Term.state, _in_words(TERM_STATE_WORDS)),
    ChoiceFilter("cover", N_("Cover"), Term.cover, _in_words(COVER_WORDS)),
    TextFilter("group", N_("Product group"), Term.product_group),
)
TABS = (
    ListTab("in_force", N_("In force"), lambda ctx: Term.state == "in_force"),
    ListTab("draft", N_("Drafts"), lambda ctx: Term.state == "draft"),
    ListTab("all", N_("All"), counted=False),
)


def _summary(_ctx: Ctx, counts: Mapping[str, int]) -> str:
    return n_("{n} in force", "{n} in force", counts["in_force"])


TERMS = ListDef(
    "warranty.terms",
    N_("Warranty terms"),
    Term,
    life.SEE_TERMS,
    COLUMNS,
    "/warranty/terms/",
    icon="shield-check",
    query=_rows,
    prepare=_with_length,
    search=lambda _ctx, text: sa.or_(
        Term.code.icontains(text, autoescape=True), Term.name.icontains(text, autoescape=True)
    ),
    search_words=N_("Code, name"),
    filters=FILTERS,
    tabs=TABS,
    first=("in_force", "draft"),
    order=((Term.code, False),),
    new=NewRecord(N_("Draft a term"), "warranty.term_new", life.EDIT_TERMS),
    export=life.SEE_TERMS,
    summary=_summary,
    empty=N_("No warranty terms here"),
    empty_hint=N_("They come with the module, with a profile, or are drafted here."),
)
