"""Telling people inside the product: a line in the inbox of a person, or of everybody who holds a role."""

from __future__ import annotations

import datetime as dt

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
    rows = ctx.session.execute(sa.select(Membership.user_id, Membership.role_codes).where(Membership.active.is_(True)))
    return sorted(user_id for user_id, codes in rows if role in codes)


def role_name(ctx: Ctx, code: str) -> dict[str, str]:
    """A role's bilingual name in this company; its code where there is no such role."""
    names = ctx.memo.get("role_names")
    if names is None:
        names = ctx.memo["role_names"] = dict(ctx.session.execute(sa.select(Role.code, Role.name)).all())
    return names.get(code) or {"en": code, "zh": code}


def notify(ctx: Ctx, user_ids, text: str, *, record=None, once: str, **facts) -> int:
    """Put a line into the inboxes of ``user_ids``; ``once`` names the cause. Answers how many were told now."""
    wanted = sorted(set(user_ids))
    if not wanted:
        return 0
    known = set(
        ctx.session.scalars(
            sa.select(Notification.user_id).where(Notification.once == once, Notification.user_id.in_(wanted))
        )
    )
    ref = ref_of(ctx, record) if record is not None else None
    rows = [
        {
            "user_id": user_id,
            "text": text,
            "facts": plain(facts),
            "record_kind": ref.kind if ref else "",
            "record_id": ref.id if ref else None,
            "once": once,
            "created_at": ctx.now,
        }
        for user_id in wanted
        if user_id not in known
    ]
    bulk_insert(ctx, Notification, rows)
    return len(rows)


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


def inbox_page(ctx: Ctx, before: int | None, size: int = 30) -> list[Notification]:
    """The newest lines of this person, one more than ``size`` when there are further ones; ``before`` pages on by
    id.
    """
    query = sa.select(Notification).where(Notification.user_id == ctx.actor.user_id)
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
