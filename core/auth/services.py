"""Writes on accounts. Flask-free: the command line and the worker use them too.

An account belongs to the installation, not to a company; who adds a person to a company gives a membership. Functions
that take a session need an open transaction; those that take a Ctx open one and leave an event.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

import email_validator
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.auth import lockout, passwords, second_factor
from core.auth.models import User
from core.companies.models import Membership
from core.companies.services import save_membership
from core.context import Ctx
from core.db import system_session, transaction
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.events import emit
from core.i18n import LOCALES, _

_INNER = ("local", "test", "lan", "internal")
"""Ends of names in inner networks, which the checker takes for mistakes."""


def normalize_email(text: str) -> str:
    """The one spelling under which an address is kept: lower case, without blanks. Raises Invalid when it is none.

    Addresses of inner networks (``li@shop.local``) are allowed; whether mail arrives is not asked.

    >>> normalize_email("  Li.Min@Example.COM ")
    'li.min@example.com'
    """
    address = text.strip()
    stand_in = ".example" if address.lower().rpartition(".")[2] in _INNER else ""
    try:
        checked = email_validator.validate_email(address + stand_in, check_deliverability=False)
    except email_validator.EmailNotValidError:
        raise Invalid(
            "bad_email",
            _("“{text}” is no e-mail address. Write it like li@example.com.", text=text.strip()[:80]),
            "email",
        ) from None
    return checked.normalized.lower().removesuffix(stand_in)


def find_user(session: Session, email: str) -> User | None:
    """The account with this e-mail address, active or not."""
    return session.scalar(sa.select(User).where(User.email == email.strip().lower()))


def create_user(
    session: Session,
    email: str,
    name: str,
    password: str | None = None,
    *,
    locale: str = "zh",
    installation_admin: bool = False,
    must_change_password: bool = False,
    now: dt.datetime | None = None,
) -> User:
    """Make an account. Without a password it can only be entered through a link sent by mail.

    ``now`` is given by whoever has a Ctx; the command line leaves it out.

    Raises Invalid for an address that is taken or none, an empty name, an unknown language or a weak password.
    """
    address = normalize_email(email)
    name = name.strip()
    if not name:
        raise Invalid("no_name", _("Enter the person's name."), "name")
    if locale not in LOCALES:
        raise Invalid("bad_locale", _("The language must be zh or en."), "locale")
    if find_user(session, address) is not None:
        raise Invalid("email_taken", _("There is an account for {email} already.", email=address), "email")
    if password is not None and not must_change_password:
        _check_password(password, address, name)
    now = now or dt.datetime.now(dt.UTC)
    user = User(
        email=address,
        name=name[:120],
        password=passwords.hash_password(password) if password is not None else None,
        active=True,
        locale=locale,
        is_installation_admin=installation_admin,
        must_change_password=must_change_password,
        created_at=now,
        confirmed_at=now,
        preferences={},
        fs_uniquifier=uuid.uuid4().hex,
        failed_sign_ins=0,
        login_count=0,
    )
    session.add(user)
    session.flush()
    return user


def set_password(session: Session, user: User, password: str, *, must_change: bool = False) -> None:
    """Give an account another password: its sessions end, a lock is lifted. Raises Invalid for a weak one."""
    if not must_change:
        _check_password(password, user.email, user.name)
    user.password = passwords.hash_password(password)
    user.must_change_password = must_change
    end_sessions(user)
    lockout.clear(user)
    session.flush()


def _check_password(password: str, email: str, name: str) -> None:
    found = passwords.problems(password, email=email, name=name)
    if found:
        raise Invalid("weak_password", found[0], "password")


def end_sessions(user: User) -> None:
    """Sign the person out everywhere, at the next request."""
    user.fs_uniquifier = uuid.uuid4().hex


def set_active(session: Session, user: User, active: bool) -> None:
    """Close an account in every company at once, or open it again; closing ends its sessions."""
    user.active = active
    if not active:
        end_sessions(user)
    session.flush()


def update_own_account(session: Session, user: User, *, name: str, locale: str, keys: bool) -> None:
    """What a person says of himself or herself: name, language, shortcuts. Raises Invalid for an empty name."""
    if not name.strip():
        raise Invalid("no_name", _("Enter the person's name."), "name")
    if locale not in LOCALES:
        raise Invalid("bad_locale", _("The language must be zh or en."), "locale")
    user.name, user.locale = name.strip()[:120], locale
    user.preferences = {**(user.preferences or {}), "keys": "on" if keys else "off"}
    session.flush()


# --- people of a company --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Added:
    """A person who works here now. ``password`` is a one-time one, to be shown once; None when none was made."""

    user: User
    created: bool
    password: str | None = None


def add_person(
    ctx: Ctx,
    email: str,
    name: str,
    role_codes: Iterable[str],
    unit_code: str | None = None,
    data_scope: str = "company",
    *,
    locale: str = "zh",
    make_password: bool,
) -> Added:
    """Let a person work in this company: an account that exists gets a membership and is not changed; else one is made.

    With ``make_password`` a new account gets a one-time password; without, it waits for a link by mail.
    Raises Conflict when the person works here already.
    """
    ctx.require("core.users.manage")
    with transaction(ctx):
        user = find_user(ctx.session, normalize_email(email))
        created, password = user is None, None
        if user is None:
            password = passwords.one_time_password() if make_password else None
            user = create_user(
                ctx.session,
                email,
                name,
                password,
                now=ctx.now,
                locale=locale,
                must_change_password=password is not None,
            )
        elif membership_of(ctx, user.id, active_only=True) is not None:
            raise Conflict(
                "works_here_already",
                _("{name} ({email}) works here already.", name=user.name, email=user.email),
                "email",
            )
        save_membership(ctx, user.id, role_codes, unit_code, data_scope)
        return Added(user, created, password)


def membership_of(ctx: Ctx, user_id: int, *, active_only: bool = False) -> Membership | None:
    """A person's membership in this company."""
    query = sa.select(Membership).where(Membership.user_id == user_id)
    if active_only:
        query = query.where(Membership.active.is_(True))
    return ctx.session.scalar(query)


def unlock(ctx: Ctx, user_id: int) -> None:
    """Lift the lock of a person who works here."""
    ctx.require("core.users.manage")
    with transaction(ctx):
        membership, user = _member(ctx, user_id)
        lockout.clear(user)
        emit(ctx, "core.account_unlocked", membership, name=user.name)


def renew_password(ctx: Ctx, user_id: int, engine: sa.Engine) -> str:
    """A new one-time password for a person who works here, to be handed over; every session of the account ends.

    Raises Forbidden when the account reaches beyond this company: who could set its password could enter there as well.
    """
    ctx.require("core.users.manage")
    if user_id == ctx.actor.user_id:
        raise Conflict("own_password", _("Change your own password on your account page."))
    with transaction(ctx):
        membership, user = _member(ctx, user_id)
        if user.is_installation_admin or works_elsewhere(engine, user_id, ctx.company_id):
            raise Forbidden(
                "account_of_others",
                _(
                    "This account is used in other companies too. Only the installation's administrator can give it "
                    "a password."
                ),
            )
        require_may_manage(ctx, membership)
        password = passwords.one_time_password()
        set_password(ctx.session, user, password, must_change=True)
        emit(ctx, "core.password_renewed", membership, name=user.name)
        return password


def reset_second_factor(ctx: Ctx, user_id: int, engine: sa.Engine) -> User:
    """Take the lost second factor from a person who works here; every session of the account ends.

    Raises Forbidden when the account reaches beyond this company, and Conflict when there is nothing to reset.
    """
    ctx.require("core.users.manage")
    if user_id == ctx.actor.user_id:
        raise Conflict("own_second_factor", _("Change your own second factor on your account page."))
    with transaction(ctx):
        membership, user = _member(ctx, user_id)
        if user.is_installation_admin or works_elsewhere(engine, user_id, ctx.company_id):
            raise Forbidden(
                "account_of_others",
                _(
                    "This account is used in other companies too. Only the installation's administrator can reset its "
                    "second factor."
                ),
            )
        require_may_manage(ctx, membership)
        drop_second_factor(user)
        emit(ctx, "core.second_factor_reset", membership, name=user.name)
        return user


def note_second_factor_reset(ctx: Ctx, user_id: int) -> None:
    """Put on record that the installation's administrator reset the second factor of a person who works here."""
    ctx.require("core.users.manage")
    with transaction(ctx):
        membership, user = _member(ctx, user_id)
        emit(ctx, "core.second_factor_reset", membership, name=user.name)


def drop_second_factor(user: User) -> None:
    """Take the second factor from an account. Raises Conflict when it has none."""
    if not user.has_second_factor:
        raise Conflict("no_second_factor", _("{name} has no second factor.", name=user.name))
    second_factor.remove(user)


def note_link_sent(ctx: Ctx, user_id: int) -> None:
    """Put on record that a link for a new password was sent to a person who works here."""
    ctx.require("core.users.manage")
    with transaction(ctx):
        membership, user = _member(ctx, user_id)
        emit(ctx, "core.password_link_sent", membership, name=user.name)


def require_may_manage(ctx: Ctx, membership: Membership) -> None:
    """Raise Forbidden when a person holds rights here that the actor does not hold."""
    from core.companies.rights import require_may_grant_roles

    require_may_grant_roles(ctx, membership.role_codes)


def works_elsewhere(engine: sa.Engine, user_id: int, company_id: int) -> bool:
    """Whether an account is used in another company as well."""
    with system_session(engine, "password or second factor: is this account used in another company?") as session:
        query = sa.select(Membership.id).where(
            Membership.user_id == user_id, Membership.company_id != company_id, Membership.active.is_(True)
        )
        return session.scalar(query.limit(1)) is not None


def _member(ctx: Ctx, user_id: int) -> tuple[Membership, User]:
    membership = membership_of(ctx, user_id)
    user = ctx.session.get(User, user_id) if membership else None
    if membership is None or user is None:
        raise NotFound("unknown_person", _("This person does not work here."), "user")
    return membership, user
