"""The worker's part: takes mail up with a lease, hands it to the server, tries again, parks, and never sends twice.

A mail is taken up (``sending``, committed), the server is asked whether it wants it from this sender for this
recipient, and only then, immediately before its text is given away, is that noted and committed (``handed_at``).
Whoever dies before that note has sent nothing: the mail is taken up again. Whoever dies after it may have sent it:
the mail is ``unsure``, and a person decides.
"""

from __future__ import annotations

import datetime as dt
import random
import smtplib
import ssl
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Any

import sqlalchemy as sa
import structlog

from core.companies.models import Company
from core.context import Ctx
from core.db import CompanySession, open_session, system_session, transaction
from core.i18n import use_locale
from core.mail.models import DROPPED, PARKED, QUEUED, SENDING, SENT, UNSURE, AccountMail, Mail, Outgoing
from core.mail.server import MailServer
from core.mail.services import KEEP_ACCOUNT_MAIL, forget_secret, note

log = structlog.get_logger("sanbao.mail")

BATCH = 20
"""So many mails go over one connection before other work of the worker is looked at."""
FIRST_WAIT, LONGEST_WAIT = dt.timedelta(seconds=30), dt.timedelta(hours=4)
REST = dt.timedelta(seconds=15)
"""So long nothing is tried after the server could not be reached."""
_WIRE = policy.SMTP.clone(cte_type="7bit")


@dataclass(frozen=True)
class Taken:
    """A mail that this worker may send until its lease ends."""

    model: Any
    """Mail or AccountMail."""
    id: int
    company_id: int | None
    claim: str
    recipient: str
    envelope_from: str
    content: bytes
    attempts: int


class Refused(Exception):
    """The server's answer to one mail. ``for_good``: trying again would be in vain."""

    def __init__(self, words: str, *, for_good: bool):
        super().__init__(words)
        self.for_good = for_good


class Unreachable(Exception):
    """The server does not answer, or does not let us in: no mail's fault."""


class Line:
    """A connection to the server, opened when first needed and kept for several mails."""

    def __init__(self, server: MailServer):
        self.server = server
        self._open: smtplib.SMTP | None = None

    def offer(self, sender: str, recipient: str) -> None:
        """Ask whether the server takes a mail from one for the other. Raises Refused or Unreachable."""
        line = self._connected()
        try:
            _check(line.mail(sender))
            _check(line.rcpt(recipient))
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise Unreachable(f"{type(error).__name__}: {error}") from error
        except UnicodeError as error:
            self.close()
            raise Refused(f"the address can't be written: {error}", for_good=True) from error

    def give(self, content: bytes) -> None:
        """Give the text away. Raises Refused when the server says no; any other error leaves it unknown."""
        assert self._open is not None
        try:
            _check(self._open.data(content))
        except smtplib.SMTPDataError as error:
            _check((error.smtp_code, error.smtp_error))
        except BaseException:
            self.close()
            raise

    def start_anew(self) -> None:
        """Forget the mail that was offered."""
        try:
            if self._open is not None:
                self._open.rset()
        except (OSError, smtplib.SMTPException):
            self.close()

    def _connected(self) -> smtplib.SMTP:
        if self._open is None:
            try:
                self._open = self._connect()
            except (OSError, smtplib.SMTPException) as error:
                raise Unreachable(f"{type(error).__name__}: {error}") from error
        return self._open

    def _connect(self) -> smtplib.SMTP:
        s = self.server
        line: smtplib.SMTP
        if s.use_ssl:
            line = smtplib.SMTP_SSL(s.host, s.port, timeout=s.timeout, context=ssl.create_default_context())
        else:
            line = smtplib.SMTP(s.host, s.port, timeout=s.timeout)
        try:
            if s.use_tls:
                line.starttls(context=ssl.create_default_context())
            if s.username:
                line.login(s.username, s.password or "")
            line.ehlo_or_helo_if_needed()
        except BaseException:
            line.close()
            raise
        return line

    def close(self) -> None:
        """Hang up."""
        line, self._open = self._open, None
        if line is not None:
            try:
                line.quit()
            except (OSError, smtplib.SMTPException):
                line.close()


def _check(answer: tuple[int, bytes | str]) -> None:
    code, words = answer
    if 200 <= code < 400:
        return
    said = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
    if code in (-1, 421):
        raise smtplib.SMTPServerDisconnected(f"{code} {said}")
    raise Refused(f"{code} {said}"[:2000], for_good=code >= 500)


class Postman:
    """Sends what is due, of the installation and of all companies that are open."""

    def __init__(
        self,
        engine: sa.Engine,
        ctx_of: Callable[[CompanySession, int, dt.datetime], Ctx],
        clock: Callable[[], dt.datetime],
        stopping: threading.Event,
        lease: dt.timedelta,
        server: MailServer | None = None,
    ):
        self.engine = engine
        self.ctx_of = ctx_of
        self.now = clock
        self.stopping = stopping
        self.server = server if server is not None else MailServer.from_environment()
        self.lease = max(lease, dt.timedelta(seconds=3 * self.server.timeout) if lease.total_seconds() > 5 else lease)
        self._rest_until: dt.datetime | None = None

    def send_due(self) -> int:
        """Look after mail whose worker died, then send a batch of what is due; answers how many were looked at."""
        now = self.now()
        done = self._settle_lost(Mail) + self._settle_lost(AccountMail) + self._drop_expired()
        if not self.server.host or (self._rest_until is not None and now < self._rest_until):
            return done
        self._rest_until = None
        line = Line(self.server)
        try:
            for model in (AccountMail, Mail):
                for _turn in range(BATCH):
                    taken = None if self.stopping.is_set() or self._rest_until else self._take(model)
                    if taken is None:
                        break
                    self._send(line, taken)
                    done += 1
        finally:
            line.close()
        return done

    def forget_old(self) -> int:
        """Remove mail about accounts that was sent or dropped long ago; answers how many."""
        old = self.now() - KEEP_ACCOUNT_MAIL
        with system_session(self.engine, "worker: forget old mail about accounts") as session, transaction(session):
            gone = session.execute(
                sa.delete(AccountMail).where(AccountMail.state.in_((SENT, DROPPED)), AccountMail.created_at < old)
            )
            return gone.rowcount  # type: ignore[attr-defined]

    # --- taking up ---

    def _due(self, model: Any, now: dt.datetime):
        lost = sa.and_(model.state == SENDING, model.lease_until < now, model.handed_at.is_(None))
        due = sa.or_(sa.and_(model.state == QUEUED, model.due_at <= now), lost)
        if model is AccountMail:
            return due
        opened = sa.select(Company.id).where(Company.id == Mail.company_id, Company.active.is_(True)).exists()
        return sa.and_(due, opened)

    def _take(self, model: Any) -> Taken | None:
        now = self.now()
        with system_session(self.engine, "worker: take up a mail") as session:
            if not session.scalar(sa.select(sa.select(model.id).where(self._due(model, now)).exists())):
                return None
            with transaction(session):
                query = sa.select(model).where(self._due(model, now)).order_by(model.due_at, model.id).limit(1)
                row = session.scalar(query.with_for_update(skip_locked=True))
                if row is None:
                    return None
                row.state, row.attempts, row.claim = SENDING, row.attempts + 1, uuid.uuid4().hex
                row.lease_until, row.handed_at = now + self.lease, None
                session.flush()
                sender, content = compose(row, self.server.sender, now)
                company_id = row.company_id if isinstance(row, Mail) else None
                return Taken(model, row.id, company_id, row.claim, row.recipient, sender, content, row.attempts)

    # --- handing over ---

    def _send(self, line: Line, taken: Taken) -> None:
        try:
            line.offer(taken.envelope_from, taken.recipient)
            if not self._about_to_hand(taken):
                line.start_anew()
                return
        except Refused as error:
            line.start_anew()
            self._failed(taken, str(error), for_good=error.for_good)
            return
        except Unreachable as error:
            log.warning("mail server can't be reached", error=str(error))
            self._rest_until = self.now() + REST
            self._failed(taken, str(error), for_good=False)
            return
        try:
            line.give(taken.content)
        except Refused as error:
            self._failed(taken, str(error), for_good=error.for_good)
        except (OSError, smtplib.SMTPException) as error:
            self._settle(taken, UNSURE, f"{type(error).__name__}: {error}")
        else:
            self._settle(taken, SENT, "")

    def _about_to_hand(self, taken: Taken) -> bool:
        """Note that the text is about to be given away; False when another worker has taken the mail over."""
        now = self.now()
        with system_session(self.engine, "worker: a mail is about to be handed over") as session, transaction(session):
            row: Any = session.get(taken.model, taken.id, with_for_update=True)
            if row is None or row.state != SENDING or row.claim != taken.claim:
                return False
            row.handed_at, row.lease_until = now, now + self.lease
            return True

    def _failed(self, taken: Taken, error: str, *, for_good: bool) -> None:
        if for_good or taken.attempts >= self.server.tries:
            self._settle(taken, PARKED, error)
        else:
            self._settle(taken, QUEUED, error)

    def _settle(self, taken: Taken, state: str, error: str) -> None:
        with open_session(self.engine) as session:
            ctx = self._bind(session, taken.company_id)
            with transaction(session), use_locale(ctx.locale if ctx else None):
                row: Any = session.get(taken.model, taken.id, with_for_update=True)
                if row is None or row.claim != taken.claim or row.state not in (SENDING, UNSURE):
                    return
                row.state, row.error, row.lease_until = state, error[:2000], None
                if state == SENT:
                    row.sent_at = self.now()
                    forget_secret(row)
                if state == QUEUED:
                    wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** (taken.attempts - 1))
                    row.due_at, row.handed_at = self.now() + wait * random.uniform(0.9, 1.1), None
                self._put_on_record(ctx, row)
        log.info("mail", mail=taken.id, of=taken.model.__tablename__, state=state, attempt=taken.attempts, error=error)

    def _bind(self, session: CompanySession, company_id: int | None) -> Ctx | None:
        return self.ctx_of(session, company_id, self.now()) if company_id is not None else None

    @staticmethod
    def _put_on_record(ctx: Ctx | None, row: Outgoing) -> None:
        names = {SENT: "core.mail_sent", PARKED: "core.mail_parked", UNSURE: "core.mail_unsure"}
        if ctx is not None and isinstance(row, Mail) and row.state in names:
            note(ctx, row, names[row.state], error=row.error)

    # --- whose worker died, whose time is over ---

    def _settle_lost(self, model: Any) -> int:
        """Mail whose text was about to be given away when its worker died: whether it arrived, a person finds out."""
        now = self.now()
        lost = sa.and_(model.state == SENDING, model.lease_until < now, model.handed_at.is_not(None))
        with system_session(self.engine, "worker: mail whose worker died") as session:
            found = [
                Taken(model, r.id, r.company_id if isinstance(r, Mail) else None, r.claim, "", "", b"", r.attempts)
                for r in session.scalars(sa.select(model).where(lost).limit(BATCH))
            ]
        for taken in found:
            self._settle(taken, UNSURE, "the worker ended while the mail was being handed over")
        return len(found)

    def _drop_expired(self) -> int:
        now, done = self.now(), 0
        models: tuple[Any, ...] = (Mail, AccountMail)
        for model in models:
            over = sa.and_(model.state.in_((QUEUED, PARKED, UNSURE)), model.expires_at <= now)
            with system_session(self.engine, "worker: mail whose time is over") as session:
                if not session.scalar(sa.select(sa.select(model.id).where(over).exists())):
                    continue
                with transaction(session):
                    query = sa.select(model).where(over).order_by(model.id).limit(BATCH)
                    for row in session.scalars(query.with_for_update(skip_locked=True)):
                        row.state, done = DROPPED, done + 1
                        forget_secret(row)
        return done


def compose(row: Outgoing, installation_sender: str, now: dt.datetime) -> tuple[str, bytes]:
    """The address in the envelope and the message as it goes over the wire."""
    name, address = parseaddr(installation_sender)
    message = EmailMessage(policy=_WIRE)
    if isinstance(row, Mail):
        name, address = row.sender_name or name, row.sender_address or address
        if row.reply_to:
            message["Reply-To"] = row.reply_to
    local, _at, domain = address.rpartition("@")
    message["From"] = Address(name, local, domain)
    message["To"] = row.recipient
    message["Subject"] = row.subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = row.message_id
    message["Content-Language"] = {"zh": "zh-CN"}.get(row.locale, row.locale)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(row.body)
    return address, message.as_bytes()
