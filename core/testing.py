"""For tests of plugins, without Flask: companies in a database, circumstances at will, a worker that works until idle.

Example, with a database whose tables are there::

    installation = Installation(database_url)
    office = installation.company("acme", modules=("complaints",))
    ctx = office.ctx("complaints.complaint.open", now=moment("2026-03-02 09:00"))
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import plugins
from core.auth.models import User
from core.companies.models import Company, Membership
from core.companies.services import create_company
from core.companies.switch import switch_on
from core.context import SYSTEM, Actor, Ctx
from core.db import bind_company, make_engine, open_session, transaction
from core.events import emit_if_changed
from core.mail.server import MailServer
from core.registry import Registry, set_current
from core.worker import Worker, company_ctx, utcnow

START = dt.datetime(2026, 3, 2, 1, 0, tzinfo=dt.UTC)
"""Monday 2026-03-02, 09:00 in Shanghai: when tests begin unless they say otherwise."""


def moment(text: str, zone: str = "Asia/Shanghai") -> dt.datetime:
    """An aware UTC moment from local time such as ``2026-03-02 09:00``."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(dt.UTC)


class Installation:
    """A database with its tables, and the plugins of this process."""

    def __init__(self, database_url: str, registry: Registry | None = None):
        self.registry = registry or plugins.load()
        set_current(self.registry)
        self.url = database_url
        self.engine = make_engine(database_url, synchronous="OFF", sees_all=True)
        self._open: list[Session] = []

    def session(self) -> Session:
        """A new session without a company; closed with the installation."""
        session = open_session(self.engine)
        self._open.append(session)
        return session

    def company(self, code: str = "acme", *, modules: Iterable[str] = (), now: dt.datetime = START, **values) -> Office:
        """A new company with these modules switched on."""
        session = self.session()
        ctx = create_company(
            lambda company_id: company_ctx(session, company_id, self.registry, now=now),
            session,
            code=code,
            name=values.pop("name", code.title()),
            now=now,
            **values,
        )
        for name in modules:
            switch_on(ctx, name)
        return Office(self, code, ctx.company_id)

    def office(self, code: str = "acme") -> Office:
        """A company that is there already."""
        with open_session(self.engine) as session:
            return Office(self, code, session.scalars(sa.select(Company.id).where(Company.code == code)).one())

    def user(self, email: str, name: str = "", **values) -> int:
        """A new account without a password; answers its id."""
        with open_session(self.engine) as session, transaction(session):
            account = User(email=email, name=name or email.partition("@")[0].title(), created_at=START, **values)
            session.add(account)
            session.flush()
            return account.id

    def worker(self, now: dt.datetime | None = None, mail_server: MailServer | None = None) -> Worker:
        """A worker whose time stands at ``now`` (the real time without it); it sends mail where it has a server."""
        clock = (lambda: now) if now else utcnow
        return Worker(self.engine, self.registry, "test", clock=clock, mail_server=mail_server or MailServer())

    def close_sessions(self) -> None:
        """Close every session that was opened for tests so far, and so give their connections back."""
        while self._open:
            self._open.pop().close()

    def close(self) -> None:
        """Close every session and the engine."""
        self.close_sessions()
        self.engine.dispose()


@dataclass
class Office:
    """A company in a test."""

    installation: Installation
    code: str
    id: int
    _people: dict[str, int] = field(default_factory=dict)

    def ctx(
        self,
        *permissions: str,
        now: dt.datetime = START,
        user_id: int | None = None,
        name: str = "Tester",
        unit_ids: frozenset[int] | None = None,
        roles: Iterable[str] = (),
        locale: str = "en",
        system: bool = False,
    ) -> Ctx:
        """Circumstances in a new session. No permissions named and ``system``: everything is allowed."""
        session = self.installation.session()
        rights, held = frozenset(permissions), frozenset(roles)
        actor = SYSTEM if system else Actor(user_id, name, rights, unit_ids=unit_ids, roles=held)
        ctx = company_ctx(session, self.id, self.installation.registry, now=now, actor=actor)
        if unit_ids is not None:
            bind_company(session, self.id, unit_ids, user_id)
        return Ctx(session, self.id, actor, locale, now, self.installation.registry, memo=ctx.memo)

    def system(self, now: dt.datetime = START) -> Ctx:
        """The system's circumstances: everything is allowed."""
        return self.ctx(now=now, system=True)

    def person(
        self, email: str, *roles: str, name: str = "", unit_id: int | None = None, scope: str = "company"
    ) -> int:
        """An account that works here in these roles (created when missing); answers its id."""
        ctx = self.system()
        with transaction(ctx):
            account = ctx.session.scalar(sa.select(User).where(User.email == email))
            if account is None:
                account = User(email=email, name=name or email.partition("@")[0].title(), created_at=START)
                ctx.session.add(account)
                ctx.session.flush()
            ctx.session.add(Membership(user_id=account.id, role_codes=list(roles), unit_id=unit_id, data_scope=scope))
            emit_if_changed(ctx, "core.membership_saved", name=account.name, roles=", ".join(roles))
            return account.id


_OF_TRANSACTIONS = ("BEGIN", "SAVEPOINT", "RELEASE", "COMMIT", "ROLLBACK", "PRAGMA", "SELECT SET_CONFIG")


@contextmanager
def counted(engine: sa.Engine):
    """Statements that the engine executes within the block, as a list of SQL texts (transaction commands left out)."""
    statements: list[str] = []

    def note(_connection, _cursor, statement, _parameters, _context, _many):
        if not statement.upper().startswith(_OF_TRANSACTIONS):
            statements.append(statement)

    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
