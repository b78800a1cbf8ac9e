"""Invitations: somebody is asked by mail to work in a company. The link works once and ends by itself.

The link carries the company and a random secret, signed; the database keeps only the secret's digest. Whether an
account exists is told to nobody but the holder of the link.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Iterable

import sqlalchemy as sa
from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy.orm import Mapped, mapped_column

from core.auth.models import User
from core.auth.services import find_user, membership_of, normalize_email
from core.companies.models import Role
from core.companies.rights import require_may_grant_roles, require_may_place
from core.companies.services import open_unit, save_membership
from core.context import Ctx
from core.db import Base, BigId, CompanyOwned, Id, JsonType, owned_ref, transaction
from core.errors import Conflict, Invalid, NotFound
from core.events import emit
from core.i18n import LOCALES, _
from core.settings import get_setting

OPEN, EXPIRED, ACCEPTED, REVOKED = "open", "expired", "accepted", "revoked"
STATES = (OPEN, EXPIRED, ACCEPTED, REVOKED)
DAYS = "core.invitations.days"


class Invitation(Base, CompanyOwned):
    """One person asked to work here, by e-mail address, in these roles."""

    __tablename__ = "core_invitation"
    __table_args__ = (sa.Index("ix_core_invitation_email", "company_id", "email"),)

    id: Mapped[Id]
    email: Mapped[str] = mapped_column(sa.String(255))
    locale: Mapped[str] = mapped_column(sa.String(12))
    """The language of the mail, and of a new account until the person chooses."""
    role_codes: Mapped[list] = mapped_column(JsonType, default=list)
    unit_id: Mapped[int | None] = owned_ref("core_org_unit", nullable=True)
    data_scope: Mapped[str] = mapped_column(sa.String(10), default="company")
    digest: Mapped[str] = mapped_column(sa.String(64))
    """SHA-256 of the secret in the link that was sent last."""
    inviter_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    inviter_name: Mapped[str] = mapped_column(sa.String(120))
    sent_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime]
    accepted_at: Mapped[dt.datetime | None]
    revoked_at: Mapped[dt.datetime | None]

    def state(self, now: dt.datetime) -> str:
        """Where it stands: open, expired, accepted or revoked."""
        if self.accepted_at is not None:
            return ACCEPTED
        if self.revoked_at is not None:
            return REVOKED
        return OPEN if self.expires_at > now else EXPIRED


def in_state(state: str, now: dt.datetime) -> sa.ColumnElement[bool]:
    """The condition of a list: invitations that stand so."""
    if state == ACCEPTED:
        return Invitation.accepted_at.is_not(None)
    if state == REVOKED:
        return Invitation.accepted_at.is_(None) & Invitation.revoked_at.is_not(None)
    pending = Invitation.accepted_at.is_(None) & Invitation.revoked_at.is_(None)
    return pending & (Invitation.expires_at > now if state == OPEN else Invitation.expires_at <= now)


class Links:
    """Signs and reads the links of invitations, under the installation's key."""

    def __init__(self, key: str):
        self._signer = URLSafeSerializer(key, salt="sanbao invitation")

    def token(self, invitation: Invitation, secret: str) -> str:
        """What stands in the link."""
        return str(self._signer.dumps([invitation.company_id, secret]))

    def read(self, token: str) -> tuple[int, str] | None:
        """(company id, secret) of a link of ours; None for any other."""
        try:
            company_id, secret = self._signer.loads(token)
        except (BadData, TypeError, ValueError):
            return None
        return (company_id, secret) if isinstance(company_id, int) and isinstance(secret, str) else None


def invite(
    ctx: Ctx,
    email: str,
    role_codes: Iterable[str],
    unit_code: str | None = None,
    data_scope: str = "company",
    *,
    locale: str = "zh",
) -> tuple[Invitation, str]:
    """Ask somebody to work here; answers the invitation and the secret of its link, which is kept nowhere.

    Raises Conflict when the person works here already or an invitation is open, Invalid for an unknown role or address,
    Forbidden for rights that the actor may not pass on.
    """
    ctx.require("core.users.manage")
    address, wanted = normalize_email(email), sorted(set(role_codes))
    if locale not in LOCALES:
        raise Invalid("bad_locale", _("The language must be zh or en."), "locale")
    if data_scope not in ("company", "units") or (data_scope == "units" and not unit_code):
        raise Invalid("bad_scope", _("Choose the organisation unit to which this person is limited."), "unit")
    with transaction(ctx):
        known = set(ctx.session.scalars(sa.select(Role.code)))
        for code in wanted:
            if code not in known:
                text = _("There is no role called “{code}” in this company.", code=code)
                raise Invalid("unknown_role", text, "roles")
        unit = open_unit(ctx, unit_code, "unit") if unit_code else None
        require_may_grant_roles(ctx, wanted)
        require_may_place(ctx, unit.id if unit else None, data_scope)
        _not_here_yet(ctx, address)
        secret = secrets.token_urlsafe(32)
        row = Invitation(
            email=address,
            locale=locale,
            role_codes=wanted,
            unit_id=unit.id if unit else None,
            data_scope=data_scope,
            inviter_id=ctx.actor.user_id,
            inviter_name=ctx.actor.name,
        )
        _send(ctx, row, secret)
        ctx.session.add(row)
        ctx.session.flush()
        emit(ctx, "core.invitation_sent", row, email=address, roles=wanted)
        return row, secret


def _not_here_yet(ctx: Ctx, address: str) -> None:
    user = find_user(ctx.session, address)
    if user is not None and membership_of(ctx, user.id, active_only=True) is not None:
        raise Conflict(
            "works_here_already",
            _("{name} ({email}) works here already.", name=user.name, email=user.email),
            "email",
        )
    open_one = sa.select(Invitation.id).where(Invitation.email == address, in_state(OPEN, ctx.now))
    if ctx.session.scalar(open_one.limit(1)) is not None:
        raise Conflict(
            "invited_already",
            _("{email} has an open invitation. Send that one again, or withdraw it first.", email=address),
            "email",
        )


def _send(ctx: Ctx, row: Invitation, secret: str) -> None:
    row.digest, row.sent_at = _digest(secret), ctx.now
    row.expires_at = ctx.now + dt.timedelta(days=get_setting(ctx, DAYS))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def send_again(ctx: Ctx, invitation_id: int) -> tuple[Invitation, str]:
    """A new link for an open or expired invitation; the one before stops working. Answers as ``invite``."""
    ctx.require("core.users.manage")
    with transaction(ctx):
        row = _locked(ctx, invitation_id)
        require_may_grant_roles(ctx, row.role_codes)
        require_may_place(ctx, row.unit_id, row.data_scope)
        _still(row.state(ctx.now), OPEN, EXPIRED)
        user = find_user(ctx.session, row.email)
        if user is not None and membership_of(ctx, user.id, active_only=True) is not None:
            raise Conflict(
                "works_here_already", _("{name} ({email}) works here already.", name=user.name, email=row.email)
            )
        secret = secrets.token_urlsafe(32)
        _send(ctx, row, secret)
        emit(ctx, "core.invitation_sent", row, email=row.email, roles=row.role_codes)
        return row, secret


def revoke(ctx: Ctx, invitation_id: int) -> None:
    """Withdraw an invitation that was not accepted: its link stops working."""
    ctx.require("core.users.manage")
    with transaction(ctx):
        row = _locked(ctx, invitation_id)
        _still(row.state(ctx.now), OPEN, EXPIRED)
        row.revoked_at = ctx.now
        emit(ctx, "core.invitation_revoked", row, email=row.email)


def _locked(ctx: Ctx, invitation_id: int) -> Invitation:
    row = ctx.session.scalar(sa.select(Invitation).where(Invitation.id == invitation_id).with_for_update())
    if row is None:
        raise NotFound("unknown_invitation", _("There is no such invitation."))
    return row


def _still(state: str, *possible: str) -> None:
    """Raise Conflict in clear words when an invitation is no longer in one of these states."""
    if state not in possible:
        words = {
            ACCEPTED: _("This invitation was accepted already. Sign in as usual."),
            REVOKED: _("This invitation was withdrawn. Ask whoever invited you."),
            EXPIRED: _("This invitation has expired. Ask whoever invited you for a new one."),
        }
        raise Conflict(f"invitation_{state}", words[state])


def by_secret(ctx: Ctx, secret: str, *, lock: bool = False) -> Invitation:
    """The open invitation to which a link belongs. Raises NotFound for an unknown link, Conflict when it is over."""
    query = sa.select(Invitation).where(Invitation.digest == _digest(secret))
    row = ctx.session.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise NotFound("unknown_invitation", unknown_link())
    _still(row.state(ctx.now), OPEN)
    return row


def unknown_link() -> str:
    """What is said of a link that is none of ours, or that a newer one replaced."""
    return _("This link is not valid. Perhaps a newer one was sent: use the newest mail, or ask whoever invited you.")


def accept(ctx: Ctx, secret: str, user: User) -> Invitation:
    """Let the person to whom the invitation was sent work here; once. ``ctx`` acts as the system, in his or her name.

    Raises Conflict when the link is over or belongs to another address, or a role is gone.
    """
    with transaction(ctx):
        row = by_secret(ctx, secret, lock=True)
        if user.email != row.email or not user.active:
            raise Conflict("invitation_of_another", _("This invitation is for {email}.", email=row.email))
        if membership_of(ctx, user.id, active_only=True) is not None:
            raise Conflict(
                "works_here_already", _("{name} ({email}) works here already.", name=user.name, email=user.email)
            )
        row.accepted_at = ctx.now
        emit(ctx, "core.invitation_accepted", row, email=row.email, name=user.name)
        unit_code = None
        if row.unit_id is not None:
            from core.companies.models import OrgUnit

            unit_code = ctx.session.scalar(sa.select(OrgUnit.code).where(OrgUnit.id == row.unit_id))
        save_membership(ctx, user.id, row.role_codes, unit_code, row.data_scope)
        return row
