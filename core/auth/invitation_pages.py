"""Pages of invitations: the company's list, a new one, and the page to which the link leads."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, abort, current_app, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from flask_security import login_user
from wtforms import PasswordField, RadioField, StringField
from wtforms.validators import DataRequired, EqualTo, Length

from core.auth import mail, services
from core.auth.invitations import (
    OPEN,
    STATES,
    Invitation,
    Links,
    accept,
    by_secret,
    in_state,
    invite,
    revoke,
    send_again,
    unknown_link,
)
from core.auth.models import User
from core.auth.page_form import PageForm
from core.auth.people import PEOPLE, PersonForm, blueprint
from core.companies.models import Company, Role
from core.context import Actor, Ctx
from core.db import bind_company, transaction
from core.errors import DomainError, NotFound
from core.i18n import LOCALES, N_, _, get_locale, label
from core.mail.services import queue_mail
from core.paging import Key, paged
from core.web.current import cursor_argument, pager_of
from core.web.database import db
from core.web.errors import page as error_page
from core.web.errors import say
from core.web.gate import PUBLIC, needs

link = Blueprint("invitation", __name__)
STATE_WORDS = {
    "open": N_("Open invitations"),
    "expired": N_("Expired"),
    "accepted": N_("Accepted"),
    "revoked": N_("Withdrawn"),
}


class InvitationForm(PersonForm):
    """Whom to ask, and what the person will do here."""

    email = StringField(N_("E-mail"), [DataRequired(), Length(max=255)])
    locale = RadioField(
        N_("Language of the mail"),
        choices=[("zh", "中文"), ("en", "English")],
        description=N_("Whoever accepts chooses his or her own."),
    )


@blueprint.get("/invitations")
@needs(PEOPLE)
def invitations_list():
    """Who was invited, newest first, by state."""
    state = request.args.get("state", OPEN)
    if state not in STATES:
        abort(404)
    query = sa.select(Invitation).where(in_state(state, g.now))
    keys = [Key(Invitation.sent_at, desc=True), Key(Invitation.id, desc=True)]
    page = paged(g.ctx, query, keys, cursor=cursor_argument())
    roles = {code: label(name) or code for code, name in g.ctx.session.execute(sa.select(Role.code, Role.name))}
    return render_template(
        "people/invitations.html", page=page, pager=pager_of(page), state=state, states=STATE_WORDS, roles=roles
    )


@blueprint.route("/invitations/new", methods=["GET", "POST"])
@needs(PEOPLE)
def invitation_new():
    """Ask somebody to work here."""
    form = InvitationForm(locale=g.ctx.company.locale)
    if form.validate_on_submit():
        locale = form.locale.data if form.locale.data in LOCALES else "zh"
        place = (form.chosen_roles(set()), form.unit.data or None, form.scope.data)
        try:
            return _sent(lambda: invite(g.ctx, form.email.data or "", *place, locale=locale))
        except DomainError as error:
            form.refuse(error)
    return render_template("people/invite.html", form=form, by_mail=mail.ready()), form.status


def _sent(make):
    """Make the link and mail it, in one transaction; without a mail server show it once, to be handed over."""
    with transaction(g.ctx):
        row, secret = make()
        address = mail.public_link(url_for("invitation.open_link", token=_links().token(row, secret)))
        if mail.ready():
            facts = {"address": address, "inviter": g.ctx.actor.name, "company": g.ctx.company.name}
            to = mail.Addressee(row.email, row.locale)
            text = mail.compose("invitation", to, expires_at=row.expires_at, tz=g.ctx.tz, **facts)
            queue_mail(
                g.ctx,
                row.email,
                text.subject,
                text.body,
                cause=f"invitation:{row.id}:{row.digest}",
                record=row,
                locale=row.locale,
                secret=True,
                expires_at=row.expires_at,
            )
    if not mail.ready():
        return render_template("people/invitation_link.html", invitation=row, address=address)
    flash(_("The invitation is on its way to {email}.", email=row.email), "ok")
    return redirect(url_for("people.invitations_list"))


def _links() -> Links:
    return Links(current_app.config["SECRET_KEY"])


@blueprint.post("/invitations/<int:invitation_id>/send")
@needs(PEOPLE)
def invitation_send(invitation_id: int):
    """Send a new link; the one before stops working."""
    try:
        return _sent(lambda: send_again(g.ctx, invitation_id))
    except DomainError as error:
        if error.status == 404:
            raise
        return say(error, url_for("people.invitations_list"))


@blueprint.post("/invitations/<int:invitation_id>/revoke")
@needs(PEOPLE)
def invitation_revoke(invitation_id: int):
    """Withdraw an invitation."""
    try:
        revoke(g.ctx, invitation_id)
    except DomainError as error:
        if error.status == 404:
            raise
        return say(error, url_for("people.invitations_list"))
    flash(_("The invitation is withdrawn; its link no longer works."), "ok")
    return redirect(url_for("people.invitations_list"))


# --- the link -------------------------------------------------------------------------------------------------------


class JoinForm(PageForm):
    """A new account: name, language, password."""

    name = StringField(N_("Full name"), [DataRequired(), Length(max=120)])
    locale = RadioField(N_("Language"), choices=[("zh", "中文"), ("en", "English")])
    password = PasswordField(
        N_("New password"),
        [DataRequired(), Length(max=200)],
        description=N_("At least 10 characters. Several words are easy to keep in mind."),
    )
    again = PasswordField(
        N_("New password again"), [DataRequired(), EqualTo("password", N_("The two passwords are not the same."))]
    )


@link.route("/invitation/<token>", methods=["GET", "POST"])
@needs(PUBLIC)
def open_link(token: str):
    """Say who invites whom to what; let the person join, by a new account or by the one that exists."""
    found = _links().read(token)
    ctx = _ctx_of(found[0]) if found else None
    if found is None or ctx is None:
        return error_page(404, unknown_link(), code="unknown_invitation")
    try:
        row = by_secret(ctx, found[1])
    except DomainError as error:
        return error_page(404 if isinstance(error, NotFound) else 410, error.message, code=error.code)
    user = services.find_user(ctx.session, row.email)
    facts: dict[str, Any] = {"invitation": row, "company": ctx.company, "roles": _role_names(ctx, row), "token": token}
    if user is not None and not user.active:
        return render_template("security/invitation.html", how="closed", **facts)
    if user is not None and user.password is not None:
        return _by_account(ctx, found[1], user, facts)
    return _by_new_account(ctx, found[1], user, facts)


def _ctx_of(company_id: int) -> Ctx | None:
    """A Ctx of the system in an open company, in the language of the moment."""
    company = db.session.get(Company, company_id)
    if company is None or not company.active:
        return None
    bind_company(db.session(), company_id)
    registry = current_app.extensions["sanbao"]["registry"]
    ctx = Ctx(db.session(), company_id, Actor(None, "", is_system=True), get_locale(), g.now, registry, g.request_id)
    ctx.memo["company"] = company
    return ctx


def _role_names(ctx: Ctx, row: Invitation) -> list[str]:
    rows = ctx.session.execute(sa.select(Role.code, Role.name).where(Role.code.in_(row.role_codes))).all()
    return sorted(label(name) or code for code, name in rows)


def _by_account(ctx: Ctx, secret: str, user: User, facts: dict):
    """The address has an account: its owner signs in, then joins by one click."""
    if not current_user.is_authenticated:
        return render_template("security/invitation.html", how="sign-in", **facts)
    if current_user.id != user.id:
        return render_template("security/invitation.html", how="another", **facts)
    form = PageForm()
    if form.validate_on_submit():
        try:
            _join(ctx, secret, user)
        except DomainError as error:
            form.refuse(error)
        else:
            return redirect(f"/c/{ctx.company.code}/")
    return render_template("security/invitation.html", how="join", form=form, **facts), form.status


def _by_new_account(ctx: Ctx, secret: str, user: User | None, facts: dict):
    """The address has no account, or one that was never entered: the link proves whose it is."""
    if current_user.is_authenticated:
        return render_template("security/invitation.html", how="another", **facts)
    form = JoinForm(name=user.name if user else "", locale=facts["invitation"].locale)
    if form.validate_on_submit():
        try:
            user = _make(ctx, secret, user, form)
        except DomainError as error:
            form.refuse(error)
        else:
            login_user(user)  # type: ignore[arg-type]
            db.session.commit()
            return redirect(f"/c/{ctx.company.code}/")
    return render_template("security/invitation.html", how="new", form=form, **facts), form.status


def _make(ctx: Ctx, secret: str, user: User | None, form: JoinForm) -> User:
    """Account and membership in one transaction."""
    name, password, locale = form.name.data or "", form.password.data or "", form.locale.data or "zh"
    with transaction(ctx):
        email = by_secret(ctx, secret, lock=True).email
        if user is None:
            user = services.create_user(ctx.session, email, name, password, locale=locale, now=ctx.now)
        else:
            services.set_password(ctx.session, user, password)
            user.name, user.locale = name.strip()[:120], locale if locale in LOCALES else user.locale
        _join(ctx, secret, user)
    return user


def _join(ctx: Ctx, secret: str, user: User) -> None:
    accept(ctx.as_actor(Actor(user.id, user.name, is_system=True)), secret, user)
