"""Flask-Security's forms and helpers with what they lack: lock-out, our rules, writes that can't fail late."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from flask import current_app, g, session
from flask_security import (
    ChangePasswordForm,
    LoginForm,
    MailUtil,
    PasswordUtil,
    ResetPasswordForm,
    TwoFactorVerifyCodeForm,
)
from flask_security.babel import FsDomain
from flask_security.datastore import SQLAlchemyUserDatastore
from flask_security.mail_util import EmailValidateException
from flask_security.recovery_codes import MfRecoveryCodesUtil, MfRecoveryForm
from flask_security.tf_plugin import tf_verify_validity_token
from sqlalchemy.orm import Session

from core import i18n
from core.auth import lockout, mail, passwords
from core.auth.models import User
from core.auth.second_factor import SecondFactor
from core.auth.services import normalize_email
from core.db import transaction
from core.errors import Invalid
from core.i18n import _, n_
from core.web.database import db

WARN_BELOW = 4
"""From this many attempts left on, the page says how many there are."""


def policy() -> lockout.Policy:
    """The lock-out of this installation."""
    values = current_app.config
    return lockout.Policy(values["SIGN_IN_FAILURES"], dt.timedelta(minutes=values["SIGN_IN_LOCK_MINUTES"]))


def start_writing() -> None:
    """Begin the request's session anew as a writer.

    On SQLite a transaction that has read can fail when it first writes, however long it would wait.
    """
    session = db.session()
    session.rollback()
    Session.connection(session, execution_options={"sanbao_write": True})


def second_factor() -> SecondFactor:
    """The second factor under this installation's keys."""
    kept: SecondFactor = current_app.extensions["sanbao"]["codes"]
    return kept


def words_of(state: lockout.State) -> str:
    """What a sign-in page says of a lock, or of attempts left; empty while there are plenty."""
    if state.locked_seconds:
        minutes = math.ceil(state.locked_seconds / 60)
        return n_(
            "Locked after too many wrong attempts. Try again in {n} minute, or ask an administrator to unlock it.",
            "Locked after too many wrong attempts. Try again in {n} minutes, or ask an administrator to unlock it.",
            minutes,
        )
    if state.left < WARN_BELOW:
        return n_(
            "{n} more wrong attempt locks it for a while.", "{n} more wrong attempts lock it for a while.", state.left
        )
    return ""


class SignInForm(LoginForm):
    """Sign-in by e-mail address and password; form and JSON alike."""

    def validate(self, **kwargs: Any) -> bool:
        address = self._address()
        if address and (standing := lockout.state(db.session(), address, policy(), g.now)).locked_seconds:
            if super(LoginForm, self).validate(**kwargs):
                self.form_errors.append(words_of(standing))
            return False
        if super().validate(**kwargs):
            self._let_in()
            return True
        wrong = self.ifield is not None and not self.user_authenticated
        if address and wrong and (said := words_of(lockout.note_failure(db.engine, address, policy(), g.now))):
            self.form_errors.append(said)
        return False

    def _address(self) -> str | None:
        """What was typed, in the spelling in which accounts are kept, so that no other spelling goes round the lock."""
        try:
            return normalize_email(self.email.data) if isinstance(self.email.data, str) else None
        except Invalid:
            return None

    def _let_in(self) -> None:
        user: Any = self.user
        rehashed = user.password if sa.inspect(user).attrs.password.history.has_changes() else None
        start_writing()
        if rehashed:
            user.password = rehashed
        if user.has_second_factor and not _remembered(user):
            # Half signed in: the wrong codes before are not forgotten, or a known password would give any number.
            db.session.commit()
            session["second_step_since"] = g.now.timestamp()
        else:
            lockout.clear(user)


def _remembered(user: Any) -> bool:
    """Whether this computer need not give a code for a while, because the installation allows it and it gave one."""
    return current_app.config["SECOND_FACTOR_REMEMBER_DAYS"] > 0 and tf_verify_validity_token(user.fs_uniquifier)


def half_signed_in_too_long() -> bool:
    """Whether the right password was given too long ago for the code to be taken."""
    minutes = current_app.config["SECOND_STEP_MINUTES"]
    return g.now.timestamp() - session.get("second_step_since", 0) > minutes * 60


def take_code(user: User, field: Any, messages: list[str], take: Callable[[User, str], bool], wrong: str) -> bool:
    """Take a code of ``user`` under the lock of the account; a wrong one is counted like a wrong password.

    On success the request's session is a writer whose transaction the caller commits.
    """
    email, typed = user.email, str(field.data or "")
    standing = lockout.state(db.session(), email, policy(), g.now)
    if standing.locked_seconds:
        messages.append(words_of(standing))
        return False
    start_writing()
    db.session.refresh(user, with_for_update=True)
    if user.active and take(user, typed):
        lockout.clear(user)
        return True
    db.session.rollback()
    field.errors = [*field.errors, wrong]
    if said := words_of(lockout.note_failure(db.engine, email, policy(), g.now)):
        messages.append(said)
    return False


def wrong_code() -> str:
    """What is said of a code that isn't right, or was used already."""
    return _("This code is not right or was used already. Enter the six digits that your app shows now.")


class CodeForm(TwoFactorVerifyCodeForm):
    """The second step of signing in: the code that the app shows; form and JSON alike."""

    def validate(self, **kwargs: Any) -> bool:
        if not super(TwoFactorVerifyCodeForm, self).validate(**kwargs):
            return False
        user: Any = self.user

        def take(user: User, code: str) -> bool:
            return second_factor().take(user, code, g.now)

        return take_code(user, self.code, self.form_errors, take, wrong_code())


class RecoveryForm(MfRecoveryForm):
    """The second step of signing in with a recovery code, which is used up by it; the person is told by mail."""

    def validate(self, **kwargs: Any) -> bool:
        if not super(MfRecoveryForm, self).validate(**kwargs):
            return False
        user: Any = self.user
        wrong = _("This recovery code is not right or was used already.")
        if not take_code(user, self.code, self.form_errors, second_factor().take_recovery_code, wrong):
            return False
        session["recovery_codes_left"] = left = len(user.mf_recovery_codes or ())
        mail.tell(user, "recovery_code_used", left=left)
        return True


class CodesTakenAlready(MfRecoveryCodesUtil):
    """Recovery codes are checked and used up in one step by ``RecoveryForm``; nothing is left to do afterwards."""

    def delete_recovery_code(self, user: Any, code: str) -> bool:
        return True


class NewPasswordForm(ResetPasswordForm):
    """A new password through a link; the link works once, even when it is opened twice at the same moment."""

    def validate(self, **kwargs: Any) -> bool:
        user: Any = self.user
        link_for = user.fs_uniquifier
        if not super().validate(**kwargs):
            return False
        start_writing()
        if user.fs_uniquifier != link_for:
            self.form_errors.append(_("This link was used already. Ask for another one."))
            return False
        return True


class OwnPasswordForm(ChangePasswordForm):
    """Another password for oneself."""

    def validate(self, **kwargs: Any) -> bool:
        if not super().validate(**kwargs):
            return False
        start_writing()
        return True


class Accounts(SQLAlchemyUserDatastore):
    """Our accounts for Flask-Security. Addresses are kept in lower case, so looking one up uses the index."""

    def find_user(self, case_insensitive: bool = False, **kwargs: Any):
        if isinstance(kwargs.get("email"), str):
            kwargs["email"] = kwargs["email"].strip().lower()
        return super().find_user(case_insensitive=False, **kwargs)


class Passwords(PasswordUtil):
    """The rules of ``core.auth.passwords``."""

    def normalize(self, password: str) -> str:
        return passwords.normalize(password)

    def validate(self, password: str, is_register: bool, **kwargs: Any) -> tuple[list | None, str]:
        user = kwargs.get("user")
        found = passwords.problems(password, email=getattr(user, "email", ""), name=getattr(user, "name", ""))
        return found or None, self.normalize(password)


class AccountMail(MailUtil):
    """Addresses as ``normalize_email`` spells them; texts of our own instead of the ones rendered before."""

    def normalize(self, email: str) -> str:
        try:
            return normalize_email(email)
        except Invalid as error:
            raise EmailValidateException(error.message) from None

    validate = normalize

    def send_mail(self, template, subject, recipient, sender, body, html, **kwargs: Any) -> None:
        """Queue it. What was changed is committed by Flask-Security at the end of the request, the mail with it."""
        if not mail.ready():
            return
        name, user = template.rpartition("/")[2], kwargs["user"]
        if name in LINKS:
            with transaction(db.session()):
                mail.send_link(user, name, kwargs["reset_token"], link_lasts())
            g.link_is_queued = True
        else:
            mail.tell(user, name)


LINKS = {"reset_instructions"}
"""Templates that only carry a link: nothing else is changed with them."""


def link_lasts() -> dt.timedelta:
    """How long a link for a new password works."""
    lasts: dt.timedelta = current_app.config["SECURITY_RESET_PASSWORD_WITHIN"]
    return lasts


class Words(FsDomain):
    """Flask-Security's texts in the language of the moment, from a catalogue of ours that has every one of them."""

    def gettext(self, string: str, **variables: Any) -> str:
        text = i18n.texts_of("flask_security", i18n.get_locale()).get(string) or _(string)
        return text % variables if variables else text
