"""The list of warranty terms, declared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import N_, ChoiceFilter, Ctx, ListColumn, ListDef, ListTab, Mark, NewRecord, TextFilter, _, n_
from plugins.warranty import life, words
from plugins.warranty.contracts import COVER_WORDS, TERM_STATE_ICONS, TERM_STATE_WORDS
from plugins.warranty.models import Term

TONES = {"in_force": "ok"}


def _rows(_ctx: Ctx) -> sa.Select:
    return sa.select(Term).options(orm.joinedload(Term.product), orm.joinedload(Term.customer))


def _state(term: Term) -> Mark:
    return Mark(_(TERM_STATE_WORDS[term.state]), TONES.get(term.state, ""), TERM_STATE_ICONS[term.state])


COLUMNS = (
    ListColumn("code", N_("Code"), lambda t: t.code, "id", "id", Term.code, fixed=True),
    ListColumn("name", N_("Warranty term"), lambda t: t.name, "main", "main"),
    ListColumn("cover", N_("Cover"), lambda t: _(COVER_WORDS[t.cover]), place="tag"),
    ListColumn("scope", N_("Meant for"), words.scope_words),
    ListColumn("length", N_("Warranty period"), words.length_words, place="left"),
    ListColumn("start", N_("Begins with"), words.start_words),
    ListColumn("from", N_("Fits units sold from"), lambda t: t.valid_from, "date"),
    ListColumn("until", N_("Fits units sold until"), lambda t: t.valid_until, "date", shown=False),
    ListColumn("clause", N_("Clause"), lambda t: t.clause, shown=False),
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
