"""Signing in: Flask-Security put together with our accounts, limits, languages and pages.

Roles are no business of Flask-Security here: they belong to a membership in a company and are checked by the gate.
"""

from __future__ import annotations

import datetime as dt
import inspect

from flask import Flask, abort, current_app, g, make_response, redirect, render_template, request, session, url_for
from flask_login import current_user
from flask_security import Security, UserMixin, password_changed, password_reset

from core.auth import (
    account,
    company_pages,
    config,
    factor_pages,
    forms,
    installation,
    invitation_pages,
    limits,
    lockout,
    mail,
    people,
    role_pages,
)
from core.auth.models import User
from core.auth.second_factor import SecondFactor
from core.companies.models import Company
from core.context import Ctx
from core.db import transaction
from core.i18n import _, n_
from core.web import errors
from core.web.database import db
from core.web.gate import PUBLIC, SIGNED_IN

NEEDS = {
    "security.login": PUBLIC,
    "security.logout": PUBLIC,
    "security.forgot_password": PUBLIC,
    "security.reset_password": PUBLIC,
    "security.change_password": SIGNED_IN,
    "security.two_factor_token_validation": PUBLIC,
    "security.mf_recovery": PUBLIC,
    "security.two_factor_setup": PUBLIC,
    "security.two_factor_setup_validate": PUBLIC,
    "security.two_factor_rescue": PUBLIC,
    "security.tf_select": PUBLIC,
    "security.mf_recovery_codes": PUBLIC,
}
SECOND_STEP = {"security.two_factor_token_validation", "security.mf_recovery"}
CLOSED = {
    "security.two_factor_setup",
    "security.two_factor_setup_validate",
    "security.two_factor_rescue",
    "security.tf_select",
    "security.mf_recovery_codes",
}
"""Pages of Flask-Security for which ours stand (``core.auth.factor_pages``): there is nothing at their addresses."""
LIMITED = {
    "security.login": "SIGN_IN_PER_ADDRESS",
    "security.forgot_password": "RESET_REQUESTS_PER_ADDRESS",
    "security.reset_password": "RESETS_PER_ADDRESS",
    "security.change_password": "RESETS_PER_ADDRESS",
    "security.two_factor_token_validation": "SIGN_IN_PER_ADDRESS",
    "security.mf_recovery": "SIGN_IN_PER_ADDRESS",
    "invitation.open_link": "RESETS_PER_ADDRESS",
    "auth.second_factor_set_up": "SIGN_IN_PER_ADDRESS",
    "auth.second_factor_remove": "SIGN_IN_PER_ADDRESS",
    "auth.recovery_codes_renew": "SIGN_IN_PER_ADDRESS",
}
"""Endpoint → the setting that says how often one address may post to it within RATE_LIMIT_MINUTES."""
BEFORE_NEW_PASSWORD = {"security.change_password", "security.logout", "web.preference", "assets", "static"}
"""What stays open to somebody who signed in with a one-time password."""


class NoRole:
    """Flask-Security asks for a role class; accounts have none."""

    name = ""


def graft_security(user_class: type) -> None:
    """Give the plain account class what Flask-Security and Flask-Login expect of a user.

    The class itself stays free of Flask, so that services and the worker can use it.
    """
    for base in UserMixin.__mro__[:-1]:
        for name, value in vars(base).items():
            if (
                not name.startswith("__")
                and not hasattr(user_class, name)
                and (inspect.isfunction(value) or isinstance(value, property))
            ):
                setattr(user_class, name, value)


def init_app(app: Flask) -> None:
    """Set signing in up, with its pages and those of accounts, people and the installation."""
    for values in (config.from_environment(), config.SECURITY):
        for name, value in values.items():
            app.config.setdefault(name, value)
    for name, value in config.second_factor(app.config).items():
        app.config.setdefault(name, value)
    app.extensions["sanbao"]["codes"] = SecondFactor(app.config["SECOND_FACTOR_KEYS"])
    app.extensions["sanbao"]["second_factor"] = second_factor_first
    app.config.setdefault("SECURITY_DATETIME_FACTORY", lambda: g.get("now") or dt.datetime.now(dt.UTC))
    graft_security(User)
    security = Security(
        app,
        forms.Accounts(db, User, NoRole),  # type: ignore[arg-type]
        login_form=forms.SignInForm,
        reset_password_form=forms.NewPasswordForm,
        change_password_form=forms.OwnPasswordForm,
        two_factor_verify_code_form=forms.CodeForm,
        mf_recovery_form=forms.RecoveryForm,
        mf_recovery_codes_util_cls=forms.CodesTakenAlready,
        password_util_cls=forms.Passwords,
        mail_util_cls=forms.AccountMail,
    )
    security.i18n_domain = forms.Words(app)
    app.jinja_env.globals["_fsdomain"] = security.i18n_domain.gettext
    security.unauthn_handler(ask_sign_in)
    # Nobody is let in by a token in a header or an address: such a one passes by CSRF protection and outlives sign-out.
    app.login_manager._request_callback = None  # type: ignore[attr-defined]
    app.extensions["sanbao"]["ask_sign_in"] = ask_sign_in
    app.extensions["sanbao"]["needs"].update(NEEDS)
    app.before_request(hold_back)
    app.after_request(hide_who_is_known)
    app.jinja_env.globals.update(public_link=mail.public_link, mail_ready=mail.ready)
    password_changed.connect(_password_is_own, app)
    password_reset.connect(_password_is_own, app)
    # These modules add their pages to the blueprints of account and people.
    assert factor_pages.blueprint is account.blueprint
    assert role_pages.blueprint is people.blueprint
    app.register_blueprint(invitation_pages.link)
    for blueprint in (account.blueprint, company_pages.blueprint, people.blueprint, installation.blueprint):
        app.register_blueprint(blueprint)


def ask_sign_in(*_how):
    """Send somebody who is not signed in to the sign-in page, and back afterwards; tell a program 401."""
    if errors.wants_json():
        return errors.page(401, _("Sign in first."), code="sign_in")
    target = request.script_root + request.full_path.removesuffix("?")
    wanted = target if request.method == "GET" and target != "/" else None
    return redirect(url_for("security.login", next=wanted))


def second_factor_first(ctx: Ctx, company: Company, _membership):
    """The company gate's question: who must have a second factor here and has none is led to where it is set up."""
    if current_user.has_second_factor or not (company.second_factor_required or ctx.actor.needs_second_factor):
        return None
    if errors.wants_json():
        message = _("This company asks for a second factor. Set one up on your account page first.")
        return errors.page(403, message, code="second_factor_needed")
    here = request.script_root + (request.full_path.removesuffix("?") if request.method == "GET" else "/")
    return redirect(url_for("auth.second_factor_page", next=here))


def hold_back():
    """Before a view: refuse too many attempts, a reset without a mail server, anything before a new password."""
    endpoint = request.endpoint or ""
    if endpoint in CLOSED:
        abort(404)
    if endpoint in SECOND_STEP:
        if current_user.is_authenticated:
            return redirect(url_for("web.choose_company"))
        if forms.half_signed_in_too_long():
            session.pop("tf_user_id", None)  # Flask-Security then says that the password comes first
    if request.method == "POST" and endpoint in LIMITED and (seconds := _too_often(endpoint)):
        return _too_many(seconds)
    if endpoint == "security.forgot_password" and not mail.ready():
        status = 409 if request.method == "POST" else 200
        if errors.wants_json():
            return errors.page(
                409, _("This installation has no mail server. Ask an administrator for a new password."), code="no_mail"
            )
        return render_template("security/no_mail.html"), status
    if current_user.is_authenticated and current_user.must_change_password and endpoint not in BEFORE_NEW_PASSWORD:
        if errors.wants_json():
            return errors.page(403, _("Choose a password of your own first."), code="one_time_password")
        return redirect(url_for("security.change_password"))
    return None


def hide_who_is_known(response):
    """After asking for a link: an address without an account costs a row in the outbox as well."""
    asked = request.endpoint == "security.forgot_password" and request.method == "POST"
    if asked and response.status_code == 200 and mail.ready() and not g.get("link_is_queued"):
        with transaction(db.session()):
            mail.do_as_much_work()
    return response


def _too_often(endpoint: str) -> int | None:
    window = dt.timedelta(minutes=current_app.config["RATE_LIMIT_MINUTES"])
    limit = current_app.config[LIMITED[endpoint]]
    whom = f"account {current_user.id}" if current_user.is_authenticated else limits.network_of(request.remote_addr)
    return limits.hit(db.engine, endpoint, whom, limit, window, g.now)


def _too_many(seconds: int):
    minutes = -(-seconds // 60)
    message = n_(
        "Too many attempts from here. Wait {n} minute, then try again.",
        "Too many attempts from here. Wait {n} minutes, then try again.",
        minutes,
    )
    response = make_response(errors.page(429, message, code="too_many"))
    response.headers["Retry-After"] = str(seconds)
    return response


def _password_is_own(_app, user: User, **_more) -> None:
    """A password that the person chose: no longer a one-time one, and the account is open again."""
    user.must_change_password = False
    lockout.clear(user)
