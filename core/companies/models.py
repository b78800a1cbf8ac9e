"""Tables of companies: who they are, how they are organised, who works there, what is switched on."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Base, BigId, CompanyOwned, Id, JsonType, Versioned, owned_ref

UNIT_KINDS = ("headquarters", "centre", "agent", "department")
"""Headquarters 总部, service centre 服务中心, agent 代理商, department 部门."""


class Company(Base):
    """One tenant. Its code stands in every address and never changes."""

    __tablename__ = "core_company"

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(sa.String(40), unique=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    timezone: Mapped[str] = mapped_column(sa.String(60), default="Asia/Shanghai")
    currency: Mapped[str] = mapped_column(sa.String(3), default="CNY")
    locale: Mapped[str] = mapped_column(sa.String(12), default="zh")
    region: Mapped[str] = mapped_column(sa.String(2), default="CN")
    """Where local phone numbers and public holidays belong, as an ISO 3166 code."""
    profile: Mapped[str] = mapped_column(sa.String(60), default="")
    second_factor_required: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[dt.datetime]


class CompanyPlugin(Base, CompanyOwned):
    """Whether a plugin is switched on for a company. No row means off (unless the plugin is always on)."""

    __tablename__ = "core_company_plugin"
    __table_args__ = (sa.UniqueConstraint("company_id", "plugin"),)

    id: Mapped[Id]
    plugin: Mapped[str] = mapped_column(sa.String(60))
    enabled: Mapped[bool] = mapped_column(default=False)
    changed_at: Mapped[dt.datetime]
    data_version: Mapped[str] = mapped_column(sa.String(40), default="")
    """The version of the plugin whose shipped data was last loaded; empty when none was."""


class Shipped(Base, CompanyOwned):
    """What a company has been given of what a module ships: its roles with their rights, its tables and checklists."""

    __tablename__ = "core_shipped"
    __table_args__ = (sa.UniqueConstraint("company_id", "plugin"),)
    __audited__ = False

    id: Mapped[Id]
    plugin: Mapped[str] = mapped_column(sa.String(60))
    given: Mapped[dict] = mapped_column(JsonType)
    """``{"roles": {code: [right, …]}, "tables": […], "checklists": […]}``"""
    given_at: Mapped[dt.datetime]


class OrgUnit(Base, CompanyOwned, Versioned):
    """A part of the company: headquarters, a service centre, an agent, a department."""

    __tablename__ = "core_org_unit"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "code"),
        sa.CheckConstraint("kind in ('headquarters', 'centre', 'agent', 'department')", name="kind"),
    )

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(sa.String(40))
    name: Mapped[str] = mapped_column(sa.String(200))
    kind: Mapped[str] = mapped_column(sa.String(20))
    parent_id: Mapped[int | None] = owned_ref("core_org_unit", nullable=True)
    region: Mapped[str] = mapped_column(sa.String(200), default="")
    """The area that it serves, as the company writes it (province, city, district)."""
    active: Mapped[bool] = mapped_column(default=True)


class Role(Base, CompanyOwned, Versioned):
    """A named set of permissions in one company."""

    __tablename__ = "core_role"
    __table_args__ = (sa.UniqueConstraint("company_id", "code"),)

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(sa.String(60))
    name: Mapped[dict] = mapped_column(JsonType, default=dict)
    """Bilingual: ``{"en": …, "zh": …}``."""
    permissions: Mapped[list] = mapped_column(JsonType, default=list)
    second_factor_required: Mapped[bool] = mapped_column(default=False)


class Membership(Base, CompanyOwned, Versioned):
    """A person in a company: roles, organisation unit, and how far he or she sees."""

    __tablename__ = "core_membership"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "user_id"),
        sa.CheckConstraint("data_scope in ('company', 'units')", name="data_scope"),
    )

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(BigId, sa.ForeignKey("core_user.id"), index=True)
    unit_id: Mapped[int | None] = owned_ref("core_org_unit", nullable=True)
    data_scope: Mapped[str] = mapped_column(sa.String(10), default="company")
    """``company``: everything; ``units``: the own organisation unit, those below it, and what is assigned to
    oneself.
    """
    role_codes: Mapped[list] = mapped_column(JsonType, default=list)
    active: Mapped[bool] = mapped_column(default=True)
    ended_at: Mapped[dt.datetime | None]

    user = relationship("core.auth.models.User", foreign_keys=[user_id], viewonly=True)


class Setting(Base, CompanyOwned, Versioned):
    """A value that a company gave to a declared setting; absent means the declared default."""

    __tablename__ = "core_setting"
    __table_args__ = (sa.UniqueConstraint("company_id", "key"),)

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(sa.String(120))
    value: Mapped[dict] = mapped_column(JsonType)
    """``{"value": …}``, so that null and false are kept apart from absent."""
