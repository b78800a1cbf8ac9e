"""``sanbao demo``: companies of different industries, with generated records, to look at the product with.

Which companies, and their records, come from the plugins (hooks ``demo_companies`` and ``demo_data``). Passwords are
made up at the first start and kept, readable by their owner alone, in the installation's folder.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import secrets
import socket
import time
from collections.abc import Sequence
from pathlib import Path

import click
import sqlalchemy as sa

from core import config, garbage, hooks, migrate, plugins
from core import registry as registry_module
from core.auth.models import User
from core.auth.passwords import verify_password
from core.auth.services import create_user
from core.companies.models import Company, Role
from core.companies.services import create_company, save_membership, save_unit
from core.companies.switch import switch_on
from core.context import Ctx
from core.db import make_engine, open_session, system_session, transaction
from core.demo_companies import DemoCompany
from core.demo_desks import furnish
from core.errors import ConfigurationError
from core.events import emit_if_changed
from core.i18n import N_, _, use_locale
from core.notifications import Notification
from core.profiles.applying import apply_profile
from core.profiles.folder import available
from core.registry import Registry
from core.worker import Worker, company_ctx, utcnow

OPERATOR = "operator@sanbao.example"
OPERATOR_NAME = N_("Installation administrator")
FOUNDED = dt.timedelta(days=180)
"""So long ago the companies were set up: the rules of their profile decided what happened since."""
UNREAD = dt.timedelta(days=1)
"""What people of the demonstration were told before that, they have read."""


def prepare(*, reset: bool = False, address: str | None = None, without: Sequence[str] = ()) -> None:
    """Make the demonstration's data where it is not there yet, and print where and as whom to sign in.

    ``address`` is where it will be served; None when it will not be. Raises ConfigurationError when that port is in
    use, and for a database that holds other companies, which is never touched. A company is made in one transaction:
    interrupted at any moment, the next start goes on where this one ended.
    """
    if address:
        _port_is_free(address)
    registry = plugins.load(without)
    garbage.all_is_loaded()
    registry_module.set_current(registry)
    companies: list[DemoCompany] = [c for _plugin, c in hooks.declared(registry, "demo_companies")]
    begun = time.monotonic()
    url = config.database_url()
    keeper = _Accounts(url)
    if reset:
        _wipe(url, companies)
        keeper.forget()
    migrate.upgrade(url, registry)
    engine = make_engine(url)
    try:
        known = _companies_in(engine, companies)
        for company in companies:
            if company.code not in known:
                click.echo(f"Making {company.name} …", err=True)
                _fill(engine, registry, company, keeper)
                _work_off(engine, registry)
        _operator(engine, keeper)
        stale = keeper.not_as_kept(engine)
    finally:
        engine.dispose()
    _tell(address, companies, keeper, stale, time.monotonic() - begun)


def _port_is_free(address: str) -> None:
    host, _colon, port = address.removeprefix("http://").rstrip("/").partition(":")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except OSError:
            raise ConfigurationError(f"port {port} is in use. Choose another one: PORT=8001 make demo") from None


def _companies_in(engine: sa.Engine, companies: Sequence[DemoCompany]) -> set[str]:
    """The codes of the companies that are there; refuses a database that holds any of somebody's own."""
    with system_session(engine, "demonstration: which companies are there") as session:
        known = set(session.scalars(sa.select(Company.code)))
    strangers = sorted(known - {c.code for c in companies})
    if strangers:
        raise ConfigurationError(
            f"this database holds companies of its own ({', '.join(strangers[:5])}); the demonstration needs a "
            "database for itself: give another DATABASE_URL"
        )
    return known


class _Accounts:
    """Passwords of the accounts made in one database, by e-mail address, in a file only its owner can read."""

    def __init__(self, url: str):
        elsewhere = f"-{hashlib.sha256(url.encode()).hexdigest()[:8]}" if os.environ.get("DATABASE_URL") else ""
        self.file: Path = config.home() / f"demo-accounts{elsewhere}.json"
        self.passwords: dict[str, str] = json.loads(self.file.read_text()) if self.file.exists() else {}

    def make(self, email: str) -> str:
        """A new password, kept before anybody can need it."""
        self.passwords[email] = "-".join(secrets.token_hex(3) for _part in range(2))
        self._write()
        return self.passwords[email]

    def forget(self) -> None:
        """Nothing is kept any more."""
        self.passwords = {}
        self.file.unlink(missing_ok=True)

    def not_as_kept(self, engine: sa.Engine) -> set[str]:
        """The accounts whose password is another one by now, or was never kept here."""
        with open_session(engine) as session:
            rows = session.execute(sa.select(User.email, User.password)).all()
        return {email for email, kept in rows if not verify_password(self.passwords.get(email, ""), kept)}

    def _write(self) -> None:
        beside = self.file.with_suffix(".new")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as out:
            json.dump(self.passwords, out, ensure_ascii=False, indent=1)
        beside.replace(self.file)


def _wipe(url: str, companies: Sequence[DemoCompany]) -> None:
    """Throw away the database of a demonstration; refuses one that holds other companies.

    The tables of modules that this program was started without go as well: they point to those that all have.
    """
    engine = make_engine(url)
    names = sa.inspect(engine).get_table_names()
    if "core_company" in names:
        _companies_in(engine, companies)
        prefixes = tuple(n.removesuffix("migration") for n in names if n.endswith("_migration"))
        with migrate.without_foreign_keys(engine) as connection:
            quote = connection.dialect.identifier_preparer.quote
            cascade = " CASCADE" if connection.dialect.name == "postgresql" else ""
            for name in names:
                if name.startswith(prefixes):
                    connection.exec_driver_sql(f"DROP TABLE {quote(name)}{cascade}")
    engine.dispose()


def _fill(engine: sa.Engine, registry: Registry, company: DemoCompany, keeper: _Accounts) -> None:
    now = utcnow()
    with open_session(engine) as session, use_locale(company.locale), transaction(session):
        ctx = _create(session, registry, company, now - FOUNDED)
        for name in company.modules:
            if name in registry.plugins:
                switch_on(ctx, name)
        _people(ctx, company, keeper)
        seed = sum(map(ord, company.code))
        ctx = company_ctx(session, ctx.company_id, registry, now=now)
        for _plugin, impl in hooks.demo_fills(registry, ctx.enabled):
            impl.function()(company_ctx(session, ctx.company_id, registry, now=now), seed=seed)
            emit_if_changed(ctx, "core.demo_filled")
        furnish(company_ctx(session, ctx.company_id, registry, now=now))
        old = Notification.created_at < now - UNREAD
        session.execute(sa.update(Notification).where(old).values(read_at=Notification.created_at))


def _work_off(engine: sa.Engine, registry: Registry) -> None:
    """Carry out what people of the demonstration have ordered, so that its files are there before a worker runs."""
    tasks = Worker(engine, registry, "demonstration").tasks
    while tasks.run_one():
        pass


def _create(session, registry: Registry, company: DemoCompany, founded: dt.datetime) -> Ctx:
    ctx = create_company(
        lambda company_id: company_ctx(session, company_id, registry, now=founded),
        session,
        code=company.code,
        name=company.name,
        now=founded,
        timezone=company.timezone,
        currency=company.currency,
        locale=company.locale,
        region=company.region,
        profile=company.profile,
    )
    profile = next((p for p in available(registry) if p.name == company.profile), None)
    if profile is not None:
        apply_profile(ctx, profile)
    for unit in company.units:
        save_unit(ctx, unit.code, unit.name, unit.kind, unit.parent, unit.region)
    return ctx


def _people(ctx: Ctx, company: DemoCompany, keeper: _Accounts) -> None:
    there = set(ctx.session.scalars(sa.select(Role.code)))
    for person in company.people:
        email = company.address_of(person)
        account = create_user(
            ctx.session, email=email, name=person.name, password=keeper.make(email), locale=company.locale
        )
        save_membership(ctx, account.id, [r for r in person.roles if r in there], person.unit, person.scope)


def _operator(engine: sa.Engine, keeper: _Accounts) -> None:
    """The installation administrator, who creates companies."""
    with open_session(engine) as session, use_locale("zh"), transaction(session):
        if session.scalar(sa.select(User.id).where(User.email == OPERATOR)) is None:
            password = keeper.make(OPERATOR)
            create_user(session, OPERATOR, _(OPERATOR_NAME), password, locale="zh", installation_admin=True)


def _tell(
    address: str | None, companies: Sequence[DemoCompany], keeper: _Accounts, stale: set[str], seconds: float
) -> None:
    """Who can sign in where, with the password; one that was changed since is not known here and not shown."""

    def line(email: str, said: str) -> str:
        password = "(changed since)" if email in stale else keeper.passwords.get(email, "-")
        return f"  {email:28} {password:16} {said}"

    ready = f"ready in {seconds:.0f} s"
    lines = ["", f"Sanbao  {address}  ({ready}; Ctrl-C stops everything)" if address else f"Sanbao: {ready}", ""]
    for company in companies:
        lines.append(f"{company.name}  {address or '/'}c/{company.code}/")
        lines += [line(company.address_of(p), f"{' + '.join(p.roles)}, {p.name}") for p in company.people]
        lines.append("")
    lines += ["All companies", line(OPERATOR, "creates companies"), ""]
    click.echo("\n".join(lines))
