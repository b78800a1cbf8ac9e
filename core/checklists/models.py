"""Tables of checklists: templates with their versions, checklists on records, and their answers."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, BigId, CompanyOwned, Id, JsonType, owned_ref


class ChecklistTemplate(Base, CompanyOwned):
    """A checklist that the company may use for a kind of record; what it asks is in its versions."""

    __tablename__ = "core_checklist_template"
    __table_args__ = (sa.UniqueConstraint("company_id", "code"),)

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(sa.String(80))
    plugin: Mapped[str] = mapped_column(sa.String(60))
    """The module of the kind of record: while it is off, its checklists are gone, too."""
    record_kind: Mapped[str] = mapped_column(sa.String(80))


class ChecklistVersion(Base, CompanyOwned):
    """What a checklist asks since its publication. Never changes again; answers keep the version they were given to."""

    __tablename__ = "core_checklist_version"
    __table_args__ = (sa.UniqueConstraint("company_id", "template_id", "number"),)

    id: Mapped[Id]
    template_id: Mapped[int] = owned_ref("core_checklist_template")
    number: Mapped[int]
    body: Mapped[dict] = mapped_column(JsonType)
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    published_at: Mapped[dt.datetime]
    published_by: Mapped[str] = mapped_column(sa.String(120), default="")


class Checklist(Base, CompanyOwned):
    """A checklist on a record, of the version that was in force when it was put there or first answered."""

    __tablename__ = "core_checklist"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "record_kind", "record_id", "template_id"),
        sa.Index("ix_core_checklist_record", "company_id", "record_kind", "record_id"),
    )

    id: Mapped[Id]
    record_kind: Mapped[str] = mapped_column(sa.String(80))
    record_id: Mapped[int] = mapped_column(BigId)
    template_id: Mapped[int] = owned_ref("core_checklist_template", index=False)
    version_id: Mapped[int] = owned_ref("core_checklist_version", index=False)
    put_at: Mapped[dt.datetime]
    put_by: Mapped[str] = mapped_column(sa.String(120))


class ChecklistAnswer(Base, CompanyOwned):
    """One answer; empty ``value`` means that it was taken back."""

    __tablename__ = "core_checklist_answer"
    __table_args__ = (sa.UniqueConstraint("company_id", "checklist_id", "item"),)

    id: Mapped[Id]
    checklist_id: Mapped[int] = owned_ref("core_checklist", index=False)
    item: Mapped[str] = mapped_column(sa.String(40))
    value: Mapped[str] = mapped_column(sa.Text, default="")
    remark: Mapped[str] = mapped_column(sa.Text, default="")
    photos: Mapped[list] = mapped_column(JsonType, default=list)
    """Ids of stored files, which hang on the record."""
    saves: Mapped[int] = mapped_column(default=1)
    """How often it was saved: who saves a stale one is told."""
    answered_at: Mapped[dt.datetime]
    answered_by: Mapped[str] = mapped_column(sa.String(120))
