"""The list of questionnaires, declared."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import N_, Ctx, ListColumn, ListDef, ListTab, Mark, NewRecord, _, get_locale
from plugins.complaints import following
from plugins.complaints.models import Questionnaire

VIEW, EDIT = "complaints.questionnaire.view", "complaints.questionnaire.edit"


@dataclass(frozen=True)
class Row:
    """A questionnaire with what its columns say beside what it holds."""

    questionnaire: Questionnaire
    title: str
    answers: int
    is_open: bool


def _prepare(ctx: Ctx, found: list[Questionnaire]) -> list[Row]:
    counts = following.count_answers(ctx, [q.id for q in found])
    return [
        Row(q, following.title_of(q, get_locale()), counts.get(q.id, 0), following.is_open(ctx, q)) for q in found
    ]


def _state(row: Row) -> Mark:
    if row.is_open:
        return Mark(_("Open to customers"), "ok", "circle-check")
    return Mark(_("Expired") if row.questionnaire.active else _("Switched off"), "", "circle-x")


COLUMNS = (
    ListColumn("title", N_("Title"), lambda r: r.title, "main", "main", fixed=True),
    ListColumn("product", N_("Product"), lambda r: r.questionnaire.product.name if r.questionnaire.product else ""),
    ListColumn("valid_until", N_("Valid until"), lambda r: r.questionnaire.valid_until, "date"),
    ListColumn("answers", N_("What was answered"), lambda r: r.answers, "number", "left"),
    ListColumn("state", N_("State"), _state, "mark", "right"),
)

QUESTIONNAIRES = ListDef(
    "complaints.questionnaires",
    N_("Questionnaires"),
    Questionnaire,
    VIEW,
    COLUMNS,
    "/complaints/questionnaires/",
    icon="clipboard-list",
    query=lambda _ctx: sa.select(Questionnaire).options(orm.joinedload(Questionnaire.product)),
    prepare=_prepare,
    search=lambda _ctx, text: sa.or_(
        Questionnaire.title_zh.icontains(text, autoescape=True), Questionnaire.title_en.icontains(text, autoescape=True)
    ),
    search_words=N_("Title"),
    tabs=(
        ListTab("active", N_("Switched on"), lambda _ctx: Questionnaire.active.is_(True)),
        ListTab("off", N_("Switched off"), lambda _ctx: Questionnaire.active.is_(False)),
        ListTab("all", N_("All"), counted=False),
    ),
    order=((Questionnaire.id, True),),
    new=NewRecord(N_("Add a questionnaire"), "complaints.questionnaire_new", EDIT),
    export=VIEW,
    empty=N_("No questionnaires here"),
    empty_hint=N_("Customers answer them on their phone, by the code that lies beside the product."),
)
