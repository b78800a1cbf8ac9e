"""Reading trainings, their sessions, and who was there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Ctx, NotFound, _
from plugins.workforce.models import Attendance, Certificate, Training, TrainingSession
from plugins.workforce.queries.skills import renewed_condition


def get_training(ctx: Ctx, training_id: int, *, lock: bool = False) -> Training:
    """One training. Raises NotFound."""
    row = ctx.session.get(Training, training_id, with_for_update=lock or None)
    if row is None:
        raise NotFound("unknown_training", _("There is no such training, or it is not meant for you."))
    return row


def get_session(ctx: Ctx, session_id: int, *, lock: bool = False) -> TrainingSession:
    """One session of a training within reach. Raises NotFound."""
    row = ctx.session.get(TrainingSession, session_id, with_for_update=lock or None)
    if row is None or ctx.session.get(Training, row.training_id) is None:
        raise NotFound("unknown_session", _("There is no such session, or it is not meant for you."))
    return row


def sessions_of(ctx: Ctx, training_id: int) -> list[TrainingSession]:
    """The sessions of a training, the latest first."""
    query = sa.select(TrainingSession).where(TrainingSession.training_id == training_id)
    return list(ctx.session.scalars(query.order_by(TrainingSession.starts_at.desc(), TrainingSession.id.desc())))


def attendance_of(ctx: Ctx, session_id: int) -> list[Attendance]:
    """Everybody invited to a session, in the order in which they were."""
    query = sa.select(Attendance).where(Attendance.session_id == session_id)
    return list(ctx.session.scalars(query.order_by(Attendance.id)))


def counts(ctx: Ctx, session_ids: Iterable[int]) -> dict[int, tuple[int, int, int]]:
    """Session → (invited, were there, passed); one statement."""
    query = sa.select(
        Attendance.session_id,
        sa.func.count(),
        sa.func.sum(sa.case((Attendance.state == "present", 1), else_=0)),
        sa.func.sum(sa.case((Attendance.result == "passed", 1), else_=0)),
    ).where(Attendance.session_id.in_(sorted(set(session_ids))))
    return {row[0]: (row[1], row[2], row[3]) for row in ctx.session.execute(query.group_by(Attendance.session_id))}


def invitations(ctx: Ctx, user_id: int) -> list[TrainingSession]:
    """The coming sessions to which a person is invited."""
    query = sa.select(TrainingSession).join(Attendance, Attendance.session_id == TrainingSession.id)
    query = query.options(orm.joinedload(TrainingSession.training)).where(
        Attendance.user_id == user_id, TrainingSession.state == "planned", TrainingSession.ends_at > ctx.now
    )
    return list(ctx.session.scalars(query.order_by(TrainingSession.starts_at)))


def record_of(ctx: Ctx, user_id: int, limit: int = 50) -> list[tuple[Attendance, TrainingSession]]:
    """The trainings that a person was invited to and that were held, the latest first."""
    query = sa.select(Attendance, TrainingSession).join(TrainingSession, TrainingSession.id == Attendance.session_id)
    query = query.options(orm.joinedload(TrainingSession.training))
    query = query.where(Attendance.user_id == user_id, TrainingSession.state == "held")
    rows = ctx.session.execute(query.order_by(TrainingSession.starts_at.desc()).limit(limit))
    return [(row[0], row[1]) for row in rows]


def tab(ctx: Ctx, key: str) -> Any:
    """What a tab of the plan shows."""
    if key == "overdue":
        return sa.and_(Training.open.is_(True), Training.due_on < ctx.today)
    return Training.open.is_(key == "open")


def count_overdue(ctx: Ctx) -> int:
    """How many trainings of the plan should have been held."""
    return ctx.session.scalar(sa.select(sa.func.count()).select_from(Training).where(tab(ctx, "overdue"))) or 0


def in_need(ctx: Ctx, skill_id: int, on: dt.date) -> set[int]:
    """Whose certificate of a sort is over on a day and was not renewed: who needs the training first (INS-6)."""
    query = sa.select(Certificate.assignee_id).where(
        Certificate.skill_id == skill_id, Certificate.state == "valid", Certificate.valid_until <= on,
        ~renewed_condition(),
    )  # fmt: skip
    return {user_id for user_id in ctx.session.scalars(query) if user_id is not None}
