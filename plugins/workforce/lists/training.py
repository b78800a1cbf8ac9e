"""The training plan as a list, declared."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import (
    N_,
    Ctx,
    DaysFilter,
    ListColumn,
    ListDef,
    ListTab,
    Mark,
    NewRecord,
    PersonFilter,
    RecordFilter,
    _,
)
from plugins.workforce.models import Skill, Training
from plugins.workforce.queries import people
from plugins.workforce.queries import training as queries

SEE, EDIT, RECORD = "workforce.training.view", "workforce.training.edit", "workforce.training.record"


@dataclass(frozen=True)
class Row:
    """A training with who sees to it and the day on which it is looked at."""

    training: Training
    name: str
    today: dt.date


def _prepare(ctx: Ctx, rows: list[Training]) -> list[Row]:
    names = people.names_of(ctx, [row.assignee_id for row in rows])
    return [Row(row, names.get(row.assignee_id or 0, ""), ctx.today) for row in rows]


def _state(row: Row) -> Mark:
    if not row.training.open:
        return Mark(_("Completed"), "ok", "circle-check")
    if row.training.due_on < row.today:
        return Mark(_("Past its day"), "bad", "octagon-alert")
    return Mark(_("To be held"), "", "circle-dashed")


def _rows(_ctx: Ctx) -> sa.Select:
    return sa.select(Training).options(orm.joinedload(Training.skill))


TRAININGS = ListDef(
    "workforce.trainings",
    N_("Training plan"),
    Training,
    SEE,
    (
        ListColumn("number", N_("Number"), lambda r: r.training.number, "id", "id", Training.number, fixed=True),
        ListColumn("title", N_("What is trained"), lambda r: r.training.title, "main", "main"),
        ListColumn("audience", N_("Audience"), lambda r: r.training.audience, place="left"),
        ListColumn("skill", N_("Who passes gets"), lambda r: r.training.skill.name if r.training.skill else ""),
        ListColumn("due_on", N_("To be held by"), lambda r: r.training.due_on, "date", "tag", Training.due_on),
        ListColumn("person", N_("Sees to it"), lambda r: r.name, "person"),
        ListColumn("need", N_("Why it is needed"), lambda r: r.training.need, shown=False),
        ListColumn("state", N_("State"), _state, "mark", "right"),
    ),
    "/workforce/trainings/",
    icon="graduation-cap",
    query=_rows,
    prepare=_prepare,
    search=lambda _ctx, text: sa.or_(
        Training.number.istartswith(text, autoescape=True), Training.title.icontains(text, autoescape=True)
    ),
    search_words=N_("Number, what is trained"),
    filters=(
        PersonFilter("person", N_("Sees to it"), Training.assignee_id),
        RecordFilter("skill", N_("Who passes gets"), Training.skill_id, model=Skill, by=Skill.name),
        DaysFilter("due", N_("To be held by"), Training.due_on),
    ),
    tabs=(
        ListTab("open", N_("To be held"), lambda ctx: queries.tab(ctx, "open")),
        ListTab("overdue", N_("Past its day"), lambda ctx: queries.tab(ctx, "overdue")),
        ListTab("closed", N_("Completed"), lambda ctx: queries.tab(ctx, "closed")),
        ListTab("all", N_("All"), counted=False),
    ),
    order=((Training.due_on, False),),
    new=NewRecord(N_("Plan a training"), "workforce.training_new", EDIT),
    export=SEE,
    empty=N_("No trainings here"),
)
