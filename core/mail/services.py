"""Queueing mail in the transaction of what causes it, and what a person decides about mail that was not sent."""

from __future__ import annotations

import datetime as dt
import os
import re
import uuid
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.context import Ctx
from core.db import transaction
from core.errors import Conflict, Invalid, NotFound
from core.events import RecordRef, emit, ref_of
from core.i18n import _
from core.mail.models import DROPPED, QUEUED, SENT, UNSURE, WAITING, AccountMail, Mail, Outgoing
from core.mail.server import MailServer
from core.settings import get_setting

MAIL = "core.mail"
MANAGE = "core.mail.manage"
KEEP_ACCOUNT_MAIL = dt.timedelta(days=30)
"""What was told about accounts is kept so long after it was sent; bodies with links are erased at once."""
_ADDRESS = re.compile(r"^[^@\s,;<>]+@[^@\s,;<>]+$")


def mail_ready() -> bool:
    """Whether this installation has a mail server. What is queued without one waits until there is one."""
    return bool(MailServer.from_environment().host)


def queue_mail(
    ctx: Ctx,
    recipient: str,
    subject: str,
    body: str,
    *,
    cause: str,
    record: Any = None,
    locale: str | None = None,
    secret: bool = False,
    expires_at: dt.datetime | None = None,
) -> Mail:
    """Send a mail once the open transaction is committed; the worker hands it over. Answers its row.

    ``cause`` names what it is sent for: the same cause is mailed once. Sender, reply address and signature are the
    company's settings. What becomes of it stands on ``record``'s timeline. ``secret``: it holds a link that opens
    something. Raises Invalid for an address or a subject that can't be one.
    """
    known = ctx.session.scalar(sa.select(Mail).where(Mail.cause == cause))
    if known is not None:
        return known
    with transaction(ctx):
        ref = ref_of(ctx, record) if record is not None else None
        signature = "" if secret else get_setting(ctx, "core.mail.signature")
        row = Mail(
            **_outgoing(recipient, subject, body, cause, locale or ctx.locale, ctx.now, secret, expires_at),
            sender_name=get_setting(ctx, "core.mail.sender_name") or ctx.company.name[:120],
            sender_address=get_setting(ctx, "core.mail.sender_address"),
            reply_to=", ".join(get_setting(ctx, "core.mail.reply_to"))[:500],
            record_kind=ref.kind if ref else "",
            record_id=ref.id if ref else None,
            user_id=ctx.actor.user_id,
        )
        if signature:
            row.body = f"{row.body.rstrip()}\n\n-- \n{signature}\n"
        ctx.session.add(row)
        ctx.session.flush()
        note(ctx, row, "core.mail_queued")
        return row


def queue_account_mail(
    session: Session,
    recipient: str,
    subject: str,
    body: str,
    *,
    now: dt.datetime,
    locale: str,
    cause: str = "",
    secret: bool = False,
    expires_at: dt.datetime | None = None,
) -> AccountMail:
    """Put a mail about an account into the session: whoever commits what caused it commits the mail as well."""
    cause = cause or f"once:{uuid.uuid4().hex}"
    row = AccountMail(**_outgoing(recipient, subject, body, cause, locale, now, secret, expires_at))
    session.add(row)
    return row


def _outgoing(
    recipient: str,
    subject: str,
    body: str,
    cause: str,
    locale: str,
    now: dt.datetime,
    secret: bool,
    expires_at: dt.datetime | None,
) -> dict[str, Any]:
    address, title = recipient.strip(), " ".join(subject.split())
    if not _ADDRESS.match(address) or len(address) > 255:
        raise Invalid("bad_email", _("“{text}” is not an e-mail address.", text=address[:80]), "recipient")
    if not title:
        raise Invalid("no_subject", _("Give the mail a subject."), "subject")
    if not body.strip():
        raise Invalid("no_body", _("The mail is empty."), "body")
    host = urlsplit(os.environ.get("PUBLIC_URL", "")).hostname or "localhost"
    return {
        "cause": cause,
        "recipient": address,
        "subject": title[:300],
        "body": body.strip() + "\n",
        "locale": locale,
        "secret": secret,
        "expires_at": expires_at,
        "message_id": f"<{uuid.uuid4().hex}@{host}>",
        "due_at": now,
        "created_at": now,
    }


def note(ctx: Ctx, row: Mail, event: str, **facts: Any) -> None:
    """Put on record what became of a mail: on the timeline of what it is about, else on its own."""
    about = RecordRef(row.record_kind, row.record_id) if row.record_id is not None else RecordRef(MAIL, row.id)
    emit(ctx, event, about, mail_id=row.id, to=row.recipient, subject=row.subject, **facts)


def mails_on(ctx: Ctx, record: Any) -> list[Mail]:
    """The mails about a record, oldest first; at most the last hundred."""
    ref = ref_of(ctx, record)
    query = sa.select(Mail).where(Mail.record_kind == ref.kind, Mail.record_id == ref.id)
    return list(ctx.session.scalars(query.order_by(Mail.id.desc()).limit(100)))[::-1]


def mail_of(ctx: Ctx, cause: str) -> Mail | None:
    """The mail that was queued for a cause."""
    return ctx.session.scalar(sa.select(Mail).where(Mail.cause == cause))


# --- what a person decides ------------------------------------------------------------------------------------------

AGAIN, ARRIVED, DROP = "again", "arrived", "drop"


def decide_mail(ctx: Ctx, mail_id: int, verdict: str) -> Mail:
    """Send a parked or unsure mail ``again``, note that it ``arrived``, or ``drop`` it. Needs ``core.mail.manage``.

    Raises Conflict for any other mail, and for one whose time is over or whose body was erased when it is to go again.
    """
    ctx.require(MANAGE)
    with transaction(ctx):
        row = ctx.session.get(Mail, mail_id, with_for_update=True, populate_existing=True)
        if row is None:
            raise NotFound("unknown_mail", _("There is no such mail."))
        _decide(row, verdict, ctx.now)
        names = {AGAIN: "core.mail_retried", ARRIVED: "core.mail_arrived", DROP: "core.mail_dropped"}
        note(ctx, row, names[verdict])
        return row


def decide_account_mail(session: Session, mail_id: int, verdict: str, now: dt.datetime) -> AccountMail:
    """As ``decide_mail``, for the installation's administrator."""
    with transaction(session):
        row = session.get(AccountMail, mail_id, with_for_update=True, populate_existing=True)
        if row is None:
            raise NotFound("unknown_mail", _("There is no such mail."))
        _decide(row, verdict, now)
        return row


def _decide(row: Outgoing, verdict: str, now: dt.datetime) -> None:
    if verdict not in (AGAIN, ARRIVED, DROP):
        raise Invalid("bad_choice", _("“{text}” is not one of the choices.", text=verdict))
    if row.state not in WAITING or (verdict == ARRIVED and row.state != UNSURE):
        raise Conflict("mail_decided", _("This mail no longer waits for a decision."))
    if verdict == AGAIN:
        if row.erased or (row.expires_at is not None and row.expires_at <= now):
            raise Conflict(
                "mail_over", _("What this mail was for is over. Drop it, and start again where it came from.")
            )
        row.state, row.attempts, row.due_at, row.handed_at = QUEUED, 0, now, None
    elif verdict == ARRIVED:
        row.state, row.sent_at = SENT, row.handed_at or now
        forget_secret(row)
    else:
        row.state = DROPPED
        forget_secret(row)


def forget_secret(row: Outgoing) -> None:
    """Erase the body of a mail that holds a link, once nobody needs it any more."""
    if row.secret:
        row.body = ""


def erase_mail(ctx: Ctx, kind: str, record_id: int) -> None:
    """Remove what mail about a record says and to whom it went; what was not sent is not sent any more."""
    query = sa.select(Mail).where(Mail.record_kind == kind, Mail.record_id == record_id)
    for row in ctx.session.scalars(query.with_for_update()):
        row.recipient = row.subject = row.body = row.error = ""
        if row.state in (QUEUED, *WAITING):
            row.state = DROPPED
