"""What people can do and are allowed to: the company's list of skills and certificates, and who has which."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.api import N_, Base, CompanyOwned, Id, UnitScoped, Versioned, owned_ref, owned_relationship

SKILL_KINDS = ("skill", "certificate")
CERTIFICATE_STATES = ("valid", "revoked")


class Skill(Base, CompanyOwned, Versioned):
    """A skill or a kind of certificate in the company's own tree. One that is no longer given stays with who has it."""

    __tablename__ = "workforce_skill"
    __label__ = N_("Skills and certificates")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "code"),
        sa.CheckConstraint("kind in ('skill', 'certificate')", name="kind"),
        sa.CheckConstraint("parent_id is null or parent_id <> id", name="parent"),
        sa.CheckConstraint("valid_months is null or valid_months > 0", name="valid_months"),
        sa.CheckConstraint("warn_days is null or warn_days >= 0", name="warn_days"),
    )

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(sa.String(40))
    name: Mapped[str] = mapped_column(sa.String(120))
    kind: Mapped[str] = mapped_column(sa.String(12))
    parent_id: Mapped[int | None] = owned_ref("workforce_skill", nullable=True)
    valid_months: Mapped[int | None]
    """For how long it is usually given; proposed as its end. None: for good."""
    warn_days: Mapped[int | None]
    """How many days before its end people are told, instead of the company's setting."""
    active: Mapped[bool] = mapped_column(default=True)


class Certificate(Base, CompanyOwned, UnitScoped, Versioned):
    """A skill or certificate that a person (``assignee_id``) has, from one day to another, both included.

    ``unit_id`` is the organisation unit of the person, so that a unit sees its own people only.
    """

    __tablename__ = "workforce_certificate"
    __label__ = N_("Certificates of people")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "skill_id", "number"),
        sa.CheckConstraint("assignee_id is not null", name="person"),
        sa.CheckConstraint("state in ('valid', 'revoked')", name="state"),
        sa.CheckConstraint("valid_until is null or valid_until >= valid_from", name="validity"),
        sa.Index("ix_workforce_certificate_end", "company_id", "valid_until", "id"),
        sa.Index("ix_workforce_certificate_person", "company_id", "assignee_id", "skill_id"),
    )

    id: Mapped[Id]
    skill_id: Mapped[int] = owned_ref("workforce_skill")
    number: Mapped[str] = mapped_column(sa.String(80))
    """As it stands on the paper; our own where there is none."""
    issuer: Mapped[str] = mapped_column(sa.String(120), default="")
    valid_from: Mapped[dt.date]
    valid_until: Mapped[dt.date | None]
    state: Mapped[str] = mapped_column(sa.String(10), default="valid")
    revoked_on: Mapped[dt.date | None]
    revoke_reason: Mapped[str] = mapped_column(sa.Text, default="")
    renews_id: Mapped[int | None] = owned_ref("workforce_certificate", nullable=True)
    """The one that it renews."""
    warned_days: Mapped[int | None]
    """The nearest warning of its end that was given, in days before the end."""
    note: Mapped[str] = mapped_column(sa.Text, default="")
    recorded_by: Mapped[str] = mapped_column(sa.String(120), default="")

    skill = owned_relationship("Skill", "workforce_certificate", "skill_id")
