"""Mail about accounts: our own texts, in the language of the person who gets it."""

from __future__ import annotations

import smtplib
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import structlog
from flask import Flask, current_app, render_template, request
from flask_mailman import EmailMessage, Mail

from core.auth import config
from core.auth.models import User
from core.i18n import N_, _, use_locale

log = structlog.get_logger("sanbao.mail")

SUBJECTS = {
    "reset_instructions": N_("A new password for Sanbao"),
    "reset_notice": N_("Your password for Sanbao was set anew"),
    "change_notice": N_("Your password for Sanbao was changed"),
    "welcome": N_("Your account for Sanbao"),
    "company_closed": N_("{company} is closed in Sanbao"),
    "company_reopened": N_("{company} is open again in Sanbao"),
    "invitation": N_("An invitation to work at {company} in Sanbao"),
    "second_factor_on": N_("Signing in to Sanbao now asks for a code"),
    "second_factor_off": N_("Signing in to Sanbao no longer asks for a code"),
    "second_factor_reset": N_("Your second factor for Sanbao was reset"),
    "recovery_code_used": N_("A recovery code was used to sign in to Sanbao"),
}
"""Template (``security/mail/<name>.txt``) → subject."""


def init_app(app: Flask) -> None:
    """Prepare the mail server's connection; ``MAIL_*`` must be configured already."""
    app.config.setdefault("MAIL_BACKEND", "smtp" if app.config["MAIL_SERVER"] else "dummy")
    if not app.config["MAIL_DEFAULT_SENDER"]:
        host = urlsplit(app.config.get("PUBLIC_URL") or "").hostname or app.config["MAIL_SERVER"] or "localhost"
        app.config["MAIL_DEFAULT_SENDER"] = f"Sanbao <sanbao@{host}>"
    Mail(app)


def ready() -> bool:
    """Whether this installation can send links by mail."""
    return config.mail_ready(current_app.config)


def public_link(path: str) -> str:
    """An absolute address for mail: below ``PUBLIC_URL``, else (never in production) below the request's own host."""
    return (current_app.config.get("PUBLIC_URL") or request.host_url.rstrip("/")) + path


@dataclass(frozen=True)
class Addressee:
    """Somebody who may have no account yet."""

    email: str
    locale: str


def compose(template: str, user: User | Addressee, **facts: Any) -> EmailMessage:
    """A message to a person, in his or her language."""
    with use_locale(user.locale):
        body = render_template(f"security/mail/{template}.txt", user=user, **facts)
        return EmailMessage(_(SUBJECTS[template], **facts), body.strip() + "\n", to=[user.email])


def tell(user: User, template: str, **facts: Any) -> None:
    """Let a person know what happened to his or her account, where this installation can send mail."""
    if ready():
        send_later(compose(template, user, **facts))


def tell_all(people: Iterable[User], template: str, **facts: Any) -> None:
    """Let many people know the same, where this installation can send mail; each in his or her language."""
    if ready():
        send_later(*(compose(template, user, **facts) for user in people))


def send_now(message: EmailMessage) -> bool:
    """Hand a message to the mail server; False (and a line in the log) when it does not take it."""
    try:
        message.connection = current_app.extensions["mailman"].get_connection()
        message.send()
    except (OSError, smtplib.SMTPException) as error:
        log.error("mail was not sent", subject=message.subject, error=f"{type(error).__name__}: {error}")
        return False
    return True


def send_later(*messages: EmailMessage) -> None:
    """Hand messages over in the background: how long it takes would tell whether an account exists."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]

    def run() -> None:
        with app.app_context():
            for message in messages:
                send_now(message)

    threading.Thread(target=run, name="account-mail").start()
