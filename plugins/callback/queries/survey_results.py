"""Results of surveys, worked out by the database: few statements, however many cards there are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa

from core.api import Ctx, OrgUnit
from plugins.base.contracts import TechnicianRating
from plugins.base.queries import product_names
from plugins.callback.models.surveys import Campaign, Invitation, Mark, Survey, SurveyVersion
from plugins.callback.queries.surveys import names_of, version_of
from plugins.callback.rules.surveys import average, share

ALL_DAYS = (dt.date(1900, 1, 1), dt.date(2999, 12, 31))
COLUMNS: dict[str, Any] = {
    "technician": Invitation.technician_id,
    "product": Invitation.product_id,
    "centre": Invitation.unit_id,
    "month": Invitation.month,
}


@dataclass(frozen=True)
class Cut:
    """What is counted: cards of a campaign or of a form (or all), about a span of days."""

    begins: dt.date
    ends: dt.date
    campaign_id: int | None = None
    survey_id: int | None = None

    def conditions(self) -> list[Any]:
        """The same as conditions on cards."""
        found: list[Any] = [Invitation.day >= self.begins, Invitation.day <= self.ends]
        if self.campaign_id is not None:
            found.append(Invitation.campaign_id == self.campaign_id)
        return [*found, of_survey(self.survey_id)] if self.survey_id is not None else found


def of_survey(survey_id: int) -> Any:
    """A condition: cards of a form."""
    return Invitation.campaign_id.in_(sa.select(Campaign.id).where(Campaign.survey_id == survey_id))


@dataclass(frozen=True)
class Result:
    """How many were asked and answered, and how content they are; ``marks`` is question → average points."""

    key: Any
    name: str
    asked: int
    answered: int
    left_out: int
    bad: int
    points: int
    graded: int
    marks: Mapping[str, int | None] = field(default_factory=dict)

    @property
    def rate(self) -> int | None:
        """Answered of those asked, in percent."""
        return share(self.answered, self.asked)

    @property
    def average(self) -> int | None:
        """The average of the averages of the cards, in points from 0 to 100."""
        return average(self.points, self.graded)


def _count(condition: Any) -> Any:
    return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)


_SUMS = (
    _count(Invitation.state != "left_out"),
    _count(Invitation.state == "answered"),
    _count(Invitation.state == "left_out"),
    _count(Invitation.bad.is_(True)),
    sa.func.coalesce(sa.func.sum(Invitation.average), 0),
    sa.func.count(Invitation.average),
)


def _result(key: Any, name: str, sums: Sequence[Any], marks: Mapping[str, int | None]) -> Result:
    asked, answered, left_out, bad, points, graded = (int(value) for value in sums)
    return Result(key, name, asked, answered, left_out, bad, points, graded, marks)


def total(ctx: Ctx, cut: Cut) -> Result:
    """All cards together; two statements."""
    sums = ctx.session.execute(sa.select(*_SUMS).where(*cut.conditions())).one()
    query = sa.select(Mark.question, sa.func.sum(Mark.points), sa.func.count(Mark.id))
    query = query.join(Invitation, Invitation.id == Mark.invitation_id).where(*cut.conditions()).group_by(Mark.question)
    marks = {question: average(points, count) for question, points, count in ctx.session.execute(query)}
    return _result(None, "", sums, marks)


def groups(ctx: Ctx, cut: Cut, by: str, *, after: str = "", size: int = 50) -> tuple[list[Result], str]:
    """The same by technician, product, centre or month, a page of them, and where the next page begins (or empty).

    Pages go by key; who or what is not known comes first. Three statements.
    """
    column = COLUMNS[by]
    query = sa.select(column, *_SUMS).where(*cut.conditions()).group_by(column)
    edge = _edge(by, after)
    if edge is not None:
        query = query.where(column > edge if by != "month" else column < edge)
    order = column.desc() if by == "month" else sa.nulls_first(column.asc())
    rows = ctx.session.execute(query.order_by(order).limit(size + 1)).all()
    shown = rows[:size]
    keys = [row[0] for row in shown]
    marks = _marks(ctx, cut, column, keys)
    names = _names(ctx, by, keys)
    found = [_result(row[0], names.get(row[0], ""), row[1:], marks.get(row[0], {})) for row in shown]
    return found, str(keys[-1]) if len(rows) > size and keys[-1] is not None else ""


def _edge(by: str, after: str) -> Any:
    """Behind which key a page begins; None for the first page, and for what is no key."""
    try:
        if by == "month":
            return dt.date.fromisoformat(after) if after else None
        return int(after) if after.isascii() and after.isdigit() and len(after) < 19 else None
    except ValueError:
        return None


def _marks(ctx: Ctx, cut: Cut, column: Any, keys: Sequence[Any]) -> dict[Any, dict[str, int | None]]:
    known = [k for k in keys if k is not None]
    where = sa.or_(column.in_(known or [None]), column.is_(None)) if None in keys else column.in_(known or [None])
    query = sa.select(column, Mark.question, sa.func.sum(Mark.points), sa.func.count(Mark.id))
    query = query.join(Mark, Mark.invitation_id == Invitation.id).where(*cut.conditions(), where)
    found: dict[Any, dict[str, int | None]] = {}
    for key, question, points, count in ctx.session.execute(query.group_by(column, Mark.question)):
        found.setdefault(key, {})[question] = average(points, count)
    return found


def _names(ctx: Ctx, by: str, keys: Sequence[Any]) -> dict[Any, str]:
    known = [k for k in keys if k is not None]
    if by == "technician":
        return dict(names_of(ctx, known))
    if by == "month":
        return {day: f"{day:%Y-%m}" for day in known}
    if by == "product":
        return dict(product_names(ctx, known))
    query = sa.select(OrgUnit.id, OrgUnit.name).where(OrgUnit.id.in_(known or [0]))
    return {row.id: row.name for row in ctx.session.execute(query)}


def forms_of(ctx: Ctx, cut: Cut) -> list[Survey]:
    """The forms whose cards are counted, however the cut is narrowed to one of them; one statement."""
    asked = sa.select(Campaign.survey_id).where(
        sa.exists().where(Invitation.campaign_id == Campaign.id, *replace(cut, survey_id=None).conditions())
    )
    return list(ctx.session.scalars(sa.select(Survey).where(Survey.id.in_(asked)).order_by(Survey.id)))


def labels_of(ctx: Ctx, survey: Survey | None) -> dict[str, dict[str, str]]:
    """Question → how it is worded, in a form, or in all that are in use."""
    if survey is not None:
        version = version_of(ctx, survey.id, survey.current)
        versions = [version] if version is not None else []
    else:
        newest = sa.select(sa.func.max(SurveyVersion.id)).group_by(SurveyVersion.survey_id)
        versions = list(ctx.session.scalars(sa.select(SurveyVersion).where(SurveyVersion.id.in_(newest))))
    return {
        q["key"]: {"zh": q["zh"], "en": q["en"]} for v in versions for q in v.questions if q["kind"] == "grade"
    }


def reasons(ctx: Ctx, cut: Cut) -> list[tuple[str, int]]:
    """Why cards were left out → how many."""
    query = sa.select(Invitation.reason, sa.func.count(Invitation.id)).where(
        *cut.conditions(), Invitation.state == "left_out"
    )
    query = query.group_by(Invitation.reason).order_by(Invitation.reason)
    return [(row[0], row[1]) for row in ctx.session.execute(query)]


def technician_ratings(ctx: Ctx, begins: dt.datetime, ends: dt.datetime) -> list[TechnicianRating]:
    """How technicians were graded on cards that were answered from ``begins`` until before ``ends``; two statements."""
    query = (
        sa.select(Invitation.technician_id, Mark.question, sa.func.count(Mark.id), sa.func.sum(Mark.points))
        .join(Mark, Mark.invitation_id == Invitation.id)
        .where(
            Invitation.answered_month >= begins.astimezone(ctx.tz).date().replace(day=1),
            Invitation.answered_at >= begins, Invitation.answered_at < ends, Invitation.technician_id.is_not(None),
        )
        .group_by(Invitation.technician_id, Mark.question)
        .order_by(Invitation.technician_id, Mark.question)
    )  # fmt: skip
    labels = labels_of(ctx, None)
    return [
        TechnicianRating(who, question, labels.get(question, {"zh": question, "en": question}), count, int(points))
        for who, question, count, points in ctx.session.execute(query)
        if who is not None
    ]
