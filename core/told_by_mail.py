"""What the inbox tells, by mail as well: at once, once a day or never, as each person chooses for each module."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.auth.models import User
from core.companies.models import Membership
from core.context import Ctx
from core.db import transaction
from core.errors import Invalid
from core.i18n import N_, _, n_, use_locale
from core.mail.models import Mail
from core.mail.server import MailServer
from core.mail.services import queue_mail
from core.notifications import Notification
from core.registry import Registry
from core.settings import get_setting

AT_ONCE, DAILY, NEVER = "at_once", "daily", "never"
WISHES = {AT_ONCE: N_("At once"), DAILY: N_("Once a day"), NEVER: N_("Never")}
HOUR = "core.mail.digest_hour"
_PREFERENCE = "told_by_mail"
_LOOKED_BACK = dt.timedelta(days=1)
"""Older lines are not mailed any more: a worker that was down for long must not flood anybody."""
_MOST_LINES = 100


def module_of(registry: Registry, record_kind: str) -> str:
    """The module to which a line in the inbox belongs: that of its record."""
    return registry.owner_of("kinds", record_kind)


def wish_of(preferences: Mapping | None, module: str) -> str:
    """What a person wants of a module's lines."""
    wish = ((preferences or {}).get(_PREFERENCE) or {}).get(module, NEVER)
    return wish if wish in WISHES else NEVER


def save_wishes(session: Session, user: User, wishes: Mapping[str, str]) -> None:
    """Keep what a person wants, for every company in which he or she works."""
    for wish in wishes.values():
        if wish not in WISHES:
            raise Invalid("bad_choice", _("“{text}” is not one of the choices.", text=wish))
    with transaction(session):
        kept = {**((user.preferences or {}).get(_PREFERENCE) or {}), **wishes}
        user.preferences = {**(user.preferences or {}), _PREFERENCE: kept}


def tell_by_mail(ctx: Ctx) -> int:
    """Queue mail for lines that people want by mail and have not read; answers how many mails. A job of the worker."""
    if not MailServer.from_environment().host:
        return 0
    people = [u for u in _people(ctx) if set(((u.preferences or {}).get(_PREFERENCE) or {}).values()) - {NEVER}]
    queued = 0
    for user in people:
        lines = _unread(ctx, user)
        queued += _at_once(ctx, user, lines)
        queued += _digest(ctx, user, lines)
    return queued


def _people(ctx: Ctx) -> list[User]:
    query = sa.select(User).join(Membership, Membership.user_id == User.id)
    return list(ctx.session.scalars(query.where(Membership.active.is_(True), User.active.is_(True)).order_by(User.id)))


def _unread(ctx: Ctx, user: User) -> list[Notification]:
    query = sa.select(Notification).where(Notification.user_id == user.id, Notification.read_at.is_(None))
    query = query.where(Notification.created_at > ctx.now - _LOOKED_BACK).order_by(Notification.id.desc())
    return list(ctx.session.scalars(query.limit(_MOST_LINES)))[::-1]


def _wanted(ctx: Ctx, user: User, lines: list[Notification], wish: str) -> list[Notification]:
    return [n for n in lines if wish_of(user.preferences, module_of(ctx.registry, n.record_kind)) == wish]


def _at_once(ctx: Ctx, user: User, lines: list[Notification]) -> int:
    wanted = {f"inbox:{n.id}": n for n in _wanted(ctx, user, lines, AT_ONCE)}
    known = set(ctx.session.scalars(sa.select(Mail.cause).where(Mail.cause.in_(wanted)))) if wanted else set()
    for cause in wanted.keys() - known:
        with use_locale(user.locale):
            words = wanted[cause].words
            queue_mail(ctx, user.email, words, f"{words}\n\n{_where(ctx)}", cause=cause, locale=user.locale)
    return len(wanted.keys() - known)


def _digest(ctx: Ctx, user: User, lines: list[Notification]) -> int:
    now = ctx.now.astimezone(ctx.tz)
    cause = f"digest:{user.id}:{now:%Y-%m-%d}"
    wanted = _wanted(ctx, user, lines, DAILY)
    if now.hour < get_setting(ctx, HOUR) or not wanted:
        return 0
    if ctx.session.scalar(sa.select(Mail.id).where(Mail.cause == cause)) is not None:
        return 0
    with use_locale(user.locale):
        subject = n_("{n} new message in your inbox at {company}", "{n} new messages in your inbox at {company}",
                     len(wanted), company=ctx.company.name)  # fmt: skip
        body = "\n".join(f"{n.created_at.astimezone(ctx.tz):%Y-%m-%d %H:%M}  {n.words}" for n in wanted)
        queue_mail(ctx, user.email, subject, f"{body}\n\n{_where(ctx)}", cause=cause, locale=user.locale)
    return 1


def _where(ctx: Ctx) -> str:
    base = os.environ.get("PUBLIC_URL", "").rstrip("/")
    return _("Your inbox: {address}", address=f"{base}/c/{ctx.company.code}/inbox") if base else ""
