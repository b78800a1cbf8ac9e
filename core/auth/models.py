"""A person's account. Roles are given per company, in the membership; nothing here opens a company.

The class knows no Flask, so that services and the worker can name people; what Flask-Security wants of a user is
grafted on where the application is put together (``core.auth.web.graft_security``).
"""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, BigId, Id, JsonType


class User(Base):
    """One person, with one account for every company he or she works in."""

    __tablename__ = "core_user"

    id: Mapped[Id]
    email: Mapped[str] = mapped_column(sa.String(255), unique=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    password: Mapped[str | None] = mapped_column(sa.String(255))
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(sa.String(64), unique=True, default=lambda: uuid.uuid4().hex)
    locale: Mapped[str] = mapped_column(sa.String(12), default="zh")
    is_installation_admin: Mapped[bool] = mapped_column(default=False)
    """May create companies and give the first administrator; opens no company's data by itself."""
    preferences: Mapped[dict] = mapped_column(JsonType, default=dict)
    """Theme, row density, columns, keys on or off."""
    created_at: Mapped[dt.datetime]
    confirmed_at: Mapped[dt.datetime | None]
    last_login_at: Mapped[dt.datetime | None]
    current_login_at: Mapped[dt.datetime | None]
    last_login_ip: Mapped[str | None] = mapped_column(sa.String(64))
    current_login_ip: Mapped[str | None] = mapped_column(sa.String(64))
    login_count: Mapped[int | None] = mapped_column(default=0)
    tf_primary_method: Mapped[str | None] = mapped_column(sa.String(64))
    tf_totp_secret: Mapped[str | None] = mapped_column(sa.String(255))
    """Encrypted under the installation's key (``core.auth.second_factor``)."""
    tf_last_step: Mapped[int | None] = mapped_column(BigId)
    """The step of time of the code taken last: that code and all before it are taken no more."""
    mf_recovery_codes: Mapped[list | None] = mapped_column(JsonType)
    """Keyed digests of the recovery codes that are left."""
    failed_sign_ins: Mapped[int] = mapped_column(default=0)
    last_failed_at: Mapped[dt.datetime | None]
    locked_until: Mapped[dt.datetime | None]
    must_change_password: Mapped[bool] = mapped_column(default=False)
    """The password is a one-time one, made by an administrator: nothing else opens until it is changed."""

    @property
    def has_second_factor(self) -> bool:
        """Whether signing in asks for a code after the password."""
        return bool(self.tf_primary_method and self.tf_totp_secret)

    @property
    def roles(self) -> list:
        """None: Flask-Security asks for roles, but ours are per company and checked by the company gate."""
        return []

    @roles.setter
    def roles(self, value) -> None:
        if value:
            raise ValueError("roles belong to a membership in a company, not to the account")


class UnknownSignIn(Base):
    """Wrong sign-ins for an address that has no account: counted like a real one, so that nobody learns which exist.

    Rows go some time after the last attempt.
    """

    __tablename__ = "core_unknown_sign_in"

    key: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    """SHA-256 of the address as it was typed, in lower case."""
    failed_sign_ins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[dt.datetime | None]
    last_failed_at: Mapped[dt.datetime] = mapped_column(index=True)


class RateLimit(Base):
    """How often something was tried in the current window: kept in the database, because several processes serve."""

    __tablename__ = "core_rate_limit"

    key: Mapped[str] = mapped_column(sa.String(120), primary_key=True)
    """``<what>:<whom>``, an address shortened to a digest."""
    hits: Mapped[int]
    window_ends: Mapped[dt.datetime] = mapped_column(index=True)
