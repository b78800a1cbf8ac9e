"""Telling people inside the product: a line in the inbox of a person, or of everybody who holds a role."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.companies.models import Membership, Role
from core.context import Ctx
from core.db import Base, BigId, CompanyOwned, Id, JsonType, bulk_insert, plain, transaction
from core.events import ref_of
from core.i18n import _, label


class Notification(Base, CompanyOwned):
    """One line for one person. ``text`` is a message id, so that each reads it in his or her language."""

    __tablename__ = "core_notification"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "user_id", "once"),
        sa.Index("ix_core_notification_user", "company_id", "user_id", "id"),
    )
    __audited__ = False

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    text: Mapped[str] = mapped_column(sa.String(400))
    facts: Mapped[dict] = mapped_column(JsonType)
    record_kind: Mapped[str] = mapped_column(sa.String(80), default="")
    record_id: Mapped[int | None] = mapped_column(BigId)
    once: Mapped[str] = mapped_column(sa.String(120))
    """The same cause tells the same person once, however often a handler is repeated."""
    created_at: Mapped[dt.datetime]
    read_at: Mapped[dt.datetime | None]

    @property
    def words(self) -> str:
        """The line in the language of the moment."""
        return _(self.text, **{k: label(v) if isinstance(v, dict) else v for k, v in self.facts.items()})


def people_with_role(ctx: Ctx, role: str) -> list[int]:
    """The ids of the people who hold a role here now."""
    return people_with_roles(ctx, {role})[role]


def people_with_roles(ctx: Ctx, roles: set[str]) -> dict[str, list[int]]:
    """The ids of the people who hold each of these roles here now."""
    if not roles:
        return {}
    query = sa.select(Membership.user_id, Membership.role_codes).where(Membership.active.is_(True))
    held = [(user_id, set(codes)) for user_id, codes in ctx.session.execute(query)]
    return {role: sorted(user_id for user_id, codes in held if role in codes) for role in roles}


def role_name(ctx: Ctx, code: str) -> dict[str, str]:
    """A role's bilingual name in this company; its code where there is no such role."""
    names = ctx.memo.get("role_names")
    if names is None:
        names = ctx.memo["role_names"] = dict(ctx.session.execute(sa.select(Role.code, Role.name)).all())
    return names.get(code) or {"en": code, "zh": code}


@dataclass(frozen=True)
class Told:
    """What is to be put into whose inboxes, and the cause of it, for which nobody is told twice."""

    user_ids: Iterable[int]
    text: str
    once: str
    record: Any = None
    facts: Mapping[str, Any] = field(default_factory=dict)


def notify(ctx: Ctx, user_ids, text: str, *, record=None, once: str, **facts) -> int:
    """Put a line into the inboxes of ``user_ids``; ``once`` names the cause. Answers how many were told now."""
    return notify_many(ctx, [Told(user_ids, text, once, record, facts)])


def notify_many(ctx: Ctx, lines: Iterable[Told]) -> int:
    """Put many lines into inboxes, in two statements however many they are. Answers how many were told now."""
    wanted = {(user_id, line.once): line for line in lines for user_id in sorted(set(line.user_ids))}
    if not wanted:
        return 0
    causes = {once for _user_id, once in wanted}
    query = sa.select(Notification.user_id, Notification.once).where(Notification.once.in_(causes))
    known = {(user_id, once) for user_id, once in ctx.session.execute(query)}
    rows = [_line(ctx, user_id, line) for (user_id, once), line in wanted.items() if (user_id, once) not in known]
    bulk_insert(ctx, Notification, rows)
    return len(rows)


def _line(ctx: Ctx, user_id: int, line: Told) -> dict[str, Any]:
    ref = ref_of(ctx, line.record) if line.record is not None else None
    return {
        "user_id": user_id,
        "text": line.text,
        "facts": plain(dict(line.facts)),
        "record_kind": ref.kind if ref else "",
        "record_id": ref.id if ref else None,
        "once": line.once,
        "created_at": ctx.now,
    }


def unread_count(ctx: Ctx) -> int:
    """How many lines this person has not read, 100 at most."""
    if ctx.actor.user_id is None:
        return 0
    unread = (
        sa.select(Notification.id)
        .where(Notification.user_id == ctx.actor.user_id, Notification.read_at.is_(None))
        .limit(100)
        .subquery()
    )
    return ctx.session.scalar(sa.select(sa.func.count()).select_from(unread)) or 0


def inbox_page(
    ctx: Ctx, before: int | None, size: int = 30, *, unread_only: bool = False
) -> list[Notification]:
    """The newest lines of this person, one more than ``size`` when there are further ones; ``before`` pages on by
    id.
    """
    query = sa.select(Notification).where(Notification.user_id == ctx.actor.user_id)
    if unread_only:
        query = query.where(Notification.read_at.is_(None))
    if before is not None:
        query = query.where(Notification.id < before)
    return list(ctx.session.scalars(query.order_by(Notification.id.desc()).limit(size + 1)))


def mark_read(ctx: Ctx, ids: list[int]) -> None:
    """Note that this person has seen these lines."""
    if not ids:
        return
    with transaction(ctx):
        ctx.session.execute(
            sa.update(Notification)
            .where(Notification.id.in_(ids), Notification.user_id == ctx.actor.user_id)
            .values(read_at=ctx.now)
            .execution_options(synchronize_session=False)
        )


def mark_all_read(ctx: Ctx) -> int:
    """Note that this person has seen every line; answers how many were new."""
    with transaction(ctx):
        done = ctx.session.execute(
            sa.update(Notification)
            .where(Notification.user_id == ctx.actor.user_id, Notification.read_at.is_(None))
            .values(read_at=ctx.now)
            .execution_options(synchronize_session=False)
        )
        return done.rowcount  # type: ignore[attr-defined]
