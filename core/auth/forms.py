"""Flask-Security's forms and helpers with what they lack: lock-out, our rules, writes that can't fail late."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import sqlalchemy as sa
from flask import current_app, g
from flask_mailman import EmailMessage
from flask_security import ChangePasswordForm, LoginForm, MailUtil, PasswordUtil, ResetPasswordForm
from flask_security.babel import FsDomain
from flask_security.datastore import SQLAlchemyUserDatastore
from flask_security.mail_util import EmailValidateException
from sqlalchemy.orm import Session

from core import i18n
from core.auth import lockout, mail, passwords
from core.auth.services import normalize_email
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


def words_of(state: lockout.State) -> str:
    """What a sign-in page says of a lock, or of attempts left; empty while there are plenty."""
    if state.locked_seconds:
        minutes = math.ceil(state.locked_seconds / 60)
        return n_(
            "Locked after too many wrong passwords. Try again in {n} minute, or ask an administrator to unlock it.",
            "Locked after too many wrong passwords. Try again in {n} minutes, or ask an administrator to unlock it.",
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
        lockout.clear(user)
        if rehashed:
            user.password = rehashed


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
        if not mail.ready():
            return
        message: EmailMessage = mail.compose(
            template.rpartition("/")[2], kwargs["user"], reset_token=kwargs.get("reset_token")
        )
        mail.send_later(message)


class Words(FsDomain):
    """Flask-Security's texts in the language of the moment, from a catalogue of ours that has every one of them."""

    def gettext(self, string: str, **variables: Any) -> str:
        text = i18n.texts_of("flask_security", i18n.get_locale()).get(string) or _(string)
        return text % variables if variables else text
