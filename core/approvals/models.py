"""Tables of approvals: what was asked, its steps, who answered, and who stands in for whom."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, BigId, CompanyOwned, Id, owned_ref

WAITING, GRANTED, USED, REFUSED, WITHDRAWN, VOID = "waiting", "granted", "used", "refused", "withdrawn", "void"
STATES = (WAITING, GRANTED, USED, REFUSED, WITHDRAWN, VOID)
AHEAD, DONE, LEFT = "ahead", "approved", "left"
"""A step that is not reached yet, is done, or was left because the request ended before."""
STEP_STATES = (AHEAD, WAITING, DONE, REFUSED, LEFT)
SCOPES = ("unit", "parent", "headquarters", "company")
HOLDERS = ("one", "all")


def _one_of(column: str, values: tuple[str, ...]) -> sa.CheckConstraint:
    return sa.CheckConstraint(f"{column} in ({', '.join(repr(v) for v in values)})", name=column)


class Approval(Base, CompanyOwned):
    """One request: may this record go through this transition? At most one of a record is waiting or granted."""

    __tablename__ = "core_approval"
    __table_args__ = (
        sa.Index("ix_core_approval_record", "company_id", "record_kind", "record_id", "id"),
        sa.Index("ix_core_approval_asked", "company_id", "asked_by_id", "id"),
        sa.Index(
            "uq_core_approval_open",
            "company_id",
            "record_kind",
            "record_id",
            unique=True,
            sqlite_where=sa.text("state in ('waiting', 'granted')"),
            postgresql_where=sa.text("state in ('waiting', 'granted')"),
        ),
        _one_of("state", STATES),
    )

    id: Mapped[Id]
    plugin: Mapped[str] = mapped_column(sa.String(60))
    record_kind: Mapped[str] = mapped_column(sa.String(80))
    record_id: Mapped[int] = mapped_column(BigId)
    record_number: Mapped[str] = mapped_column(sa.String(120))
    title: Mapped[str] = mapped_column(sa.String(200), default="")
    """What the record is about, in the words of its plugin (``Workflow.facts``, key ``title``)."""
    transition: Mapped[str] = mapped_column(sa.String(60))
    state: Mapped[str] = mapped_column(sa.String(10), default=WAITING)
    asked_by_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    asked_by_name: Mapped[str] = mapped_column(sa.String(120))
    asked_at: Mapped[dt.datetime]
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    decision_id: Mapped[int] = owned_ref("core_decision", index=False)
    """Which version and rows of the company's table made the chain, and on which facts."""
    entered: Mapped[dict[str, Any] | None]
    """What was typed when the transition was tried, so that it is done with one press once it is approved (``to``, the
    address it was sent to; ``record``, the id in that address; ``values``, pairs of name and text). Gone with the end.
    """
    ended_at: Mapped[dt.datetime | None]
    ended_why: Mapped[str] = mapped_column(sa.Text, default="")


class ApprovalStep(Base, CompanyOwned):
    """One step of a request: who may answer. ``unit_id`` is the unit that ``scope`` meant when it was asked."""

    __tablename__ = "core_approval_step"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "approval_id", "number"),
        sa.Index("ix_core_approval_step_waiting", "company_id", "state", "role", "id"),
        _one_of("state", STEP_STATES),
        _one_of("scope", SCOPES),
        _one_of("holders", HOLDERS),
    )

    id: Mapped[Id]
    approval_id: Mapped[int] = owned_ref("core_approval")
    number: Mapped[int]
    state: Mapped[str] = mapped_column(sa.String(10), default=AHEAD)
    role: Mapped[str] = mapped_column(sa.String(60))
    scope: Mapped[str] = mapped_column(sa.String(12))
    unit_id: Mapped[int | None] = owned_ref("core_org_unit", nullable=True, index=False)
    holders: Mapped[str] = mapped_column(sa.String(3))
    own: Mapped[bool] = mapped_column(default=False)
    """Whether the asker may answer it, too."""
    handed_to_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    """Who took it over from somebody who left: holds the role, of whatever unit."""
    limit_amount: Mapped[str] = mapped_column(sa.String(20), default="")
    limit_unit: Mapped[str] = mapped_column(sa.String(20), default="")
    warn_share: Mapped[str] = mapped_column(sa.String(10), default="")
    escalate_to: Mapped[str] = mapped_column(sa.String(60), default="")
    started_at: Mapped[dt.datetime | None]
    ended_at: Mapped[dt.datetime | None]


class ApprovalVote(Base, CompanyOwned):
    """One answer to a step: of whom (``holder``), and who gave it (the deputy, when they differ)."""

    __tablename__ = "core_approval_vote"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "step_id", "holder_id"),
        sa.Index("ix_core_approval_vote_by", "company_id", "by_id", "id"),
    )

    id: Mapped[Id]
    approval_id: Mapped[int] = owned_ref("core_approval")
    step_id: Mapped[int] = owned_ref("core_approval_step", index=False)
    holder_id: Mapped[int] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    holder_name: Mapped[str] = mapped_column(sa.String(120))
    by_id: Mapped[int] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    by_name: Mapped[str] = mapped_column(sa.String(120))
    approves: Mapped[bool]
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    at: Mapped[dt.datetime]


class Deputy(Base, CompanyOwned):
    """From one day to another (both included) somebody answers approvals for somebody else."""

    __tablename__ = "core_deputy"
    __table_args__ = (
        sa.Index("ix_core_deputy_deputy", "company_id", "deputy_id", "to_day"),
        sa.CheckConstraint("from_day <= to_day", name="days"),
        sa.CheckConstraint("person_id <> deputy_id", name="another"),
    )

    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(BigId, sa.ForeignKey("core_user.id"), index=True)
    deputy_id: Mapped[int] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    from_day: Mapped[dt.date]
    to_day: Mapped[dt.date]
    reason: Mapped[str] = mapped_column(sa.Text, default="")


__all__ = ["Approval", "ApprovalStep", "ApprovalVote", "Deputy"]
