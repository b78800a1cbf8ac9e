"""Mail about accounts: our own texts, in the language of the person who gets it.

They are put into the request's session, so whoever commits what happened commits the mail; the worker sends it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import current_app, g, render_template, request
from sqlalchemy.orm import Session

from core.auth import config
from core.auth.models import User
from core.i18n import N_, _, use_locale
from core.mail.models import DROPPED, AccountMail
from core.mail.services import queue_account_mail
from core.web.database import db

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


@dataclass(frozen=True)
class Text:
    """What a mail says, in one language."""

    subject: str
    body: str
    locale: str


def compose(template: str, user: User | Addressee, **facts: Any) -> Text:
    """What is told a person, in his or her language."""
    with use_locale(user.locale):
        body = render_template(f"security/mail/{template}.txt", user=user, **facts)
        return Text(_(SUBJECTS[template], **facts), body.strip() + "\n", user.locale)


def tell(user: User, template: str, **facts: Any) -> None:
    """Let a person know what happened to his or her account, where this installation can send mail."""
    if ready():
        _queue(user, compose(template, user, **facts))


def tell_all(people: Iterable[User], template: str, **facts: Any) -> None:
    """Let many people know the same, where this installation can send mail; each in his or her language."""
    for user in people:
        tell(user, template, **facts)


def send_link(
    user: User, template: str, token: str, within: dt.timedelta, session: Session | None = None, **facts: Any
) -> None:
    """Send somebody a link that opens something for a while; its text is erased once it is sent."""
    text = compose(template, user, reset_token=token, **facts)
    _queue(user, text, session, secret=True, expires_at=g.now + within)


def do_as_much_work() -> None:
    """What queueing costs, for an address without an account: how long an answer takes tells nothing."""
    row = queue_account_mail(db.session(), "nobody@localhost", "-", "-", now=g.now, locale="en")
    row.state, row.body = DROPPED, ""


def _queue(user: User, text: Text, session: Session | None = None, **more: Any) -> AccountMail:
    into: Session = session if session is not None else db.session()
    return queue_account_mail(into, user.email, text.subject, text.body, now=g.now, locale=text.locale, **more)
