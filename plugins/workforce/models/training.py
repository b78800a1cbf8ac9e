"""Training: what is planned and why, when it is held, who was there, who passed."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.api import (
    N_,
    Base,
    BigId,
    CompanyOwned,
    Id,
    UnitScoped,
    Versioned,
    owned_ref,
    owned_relationship,
)

SESSION_STATES = ("planned", "held", "cancelled")
ATTENDED = ("invited", "present", "absent")
RESULTS = ("", "passed", "failed")


class Training(Base, CompanyOwned, UnitScoped, Versioned):
    """A training of the plan: for whom, why, until when. ``assignee_id`` sees to it."""

    __tablename__ = "workforce_training"
    __label__ = N_("Training plan")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "number"),
        sa.Index("ix_workforce_training_due", "company_id", "due_on", "id"),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(sa.String(40))
    title: Mapped[str] = mapped_column(sa.String(200))
    need: Mapped[str] = mapped_column(sa.Text, default="")
    """Why it is needed (INS-6: training by need)."""
    audience: Mapped[str] = mapped_column(sa.String(200), default="")
    skill_id: Mapped[int | None] = owned_ref("workforce_skill", nullable=True)
    """What who passes gets."""
    due_on: Mapped[dt.date]
    """The day by which it is to be held."""
    open: Mapped[bool] = mapped_column(default=True)
    """Whether it is still to be held; closed by whoever plans it."""

    skill = owned_relationship("Skill", "workforce_training", "skill_id")


class TrainingSession(Base, CompanyOwned, Versioned):
    """A time at which a training is held."""

    __tablename__ = "workforce_training_session"
    __label__ = N_("Training sessions")
    __table_args__ = (
        sa.CheckConstraint("ends_at > starts_at", name="span"),
        sa.CheckConstraint("state in ('planned', 'held', 'cancelled')", name="state"),
        sa.Index("ix_workforce_training_session_begin", "company_id", "starts_at", "id"),
    )

    id: Mapped[Id]
    training_id: Mapped[int] = owned_ref("workforce_training")
    starts_at: Mapped[dt.datetime]
    ends_at: Mapped[dt.datetime]
    place: Mapped[str] = mapped_column(sa.String(120), default="")
    trainer: Mapped[str] = mapped_column(sa.String(120), default="")
    state: Mapped[str] = mapped_column(sa.String(10), default="planned")
    note: Mapped[str] = mapped_column(sa.Text, default="")

    training = owned_relationship("Training", "workforce_training_session", "training_id")


class Attendance(Base, CompanyOwned):
    """Somebody invited to a session: whether he or she was there, the result, and the certificate that came of it.

    Nobody is invited twice: services add people while they hold the session's row.
    """

    __tablename__ = "workforce_attendance"
    __label__ = N_("Attendance of training")
    __table_args__ = (
        sa.CheckConstraint("state in ('invited', 'present', 'absent')", name="state"),
        sa.CheckConstraint("result in ('', 'passed', 'failed')", name="result"),
        sa.CheckConstraint("result = '' or state = 'present'", name="examined"),
    )

    id: Mapped[Id]
    session_id: Mapped[int] = owned_ref("workforce_training_session")
    user_id: Mapped[int] = mapped_column(BigId, sa.ForeignKey("core_user.id"), index=True)
    state: Mapped[str] = mapped_column(sa.String(10), default="invited")
    result: Mapped[str] = mapped_column(sa.String(10), default="")
    score: Mapped[str] = mapped_column(sa.String(20), default="")
    """As the company marks: points, grades."""
    certificate_id: Mapped[int | None] = owned_ref("workforce_certificate", nullable=True)
