"""``sanbao demo``: three companies of different industries, with generated records, to look at the product with.

The records come from the plugins (hook ``demo_data``); here are only companies, organisation and people. Passwords are
made up at the first start and kept, readable by their owner alone, beside the database.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import time
from dataclasses import dataclass
from pathlib import Path

import click
import sqlalchemy as sa

from core import config, hooks, migrate, plugins
from core import registry as registry_module
from core.auth.models import User
from core.auth.services import create_user
from core.companies.models import Company
from core.companies.services import create_company, save_membership, save_unit
from core.companies.switch import switch_on
from core.db import Base, make_engine, open_session, system_session, transaction
from core.errors import ConfigurationError
from core.events import emit_if_changed
from core.i18n import use_locale
from core.registry import Registry
from core.worker import company_ctx, utcnow


@dataclass(frozen=True)
class DemoCompany:
    """One company of the demonstration."""

    code: str
    name: str
    profile: str
    locale: str
    timezone: str
    currency: str
    region: str
    modules: tuple[str, ...]
    units: tuple[tuple[str, str, str, str | None, str], ...]
    people: tuple[tuple[str, str, tuple[str, ...], str, str], ...]
    """(mailbox, name, roles, unit, data scope)"""


COMPANIES = (
    DemoCompany(
        "hefeng",
        "禾丰农机服务",
        "machinery",
        "zh",
        "Asia/Shanghai",
        "CNY",
        "CN",
        ("complaints",),
        (
            ("xuzhou", "徐州服务中心", "centre", "hq", "江苏省徐州市"),
            ("jining", "济宁服务中心", "centre", "hq", "山东省济宁市"),
            ("rd", "研发与生产", "department", "hq", ""),
            ("quality", "质量部", "department", "hq", ""),
            ("warehouse", "仓储物流", "department", "hq", ""),
            ("service", "客户服务部", "department", "hq", ""),
            ("finance", "财务", "department", "hq", ""),
        ),
        (
            ("admin", "林静", ("administrator",), "hq", "company"),
            ("manager", "孙卫国", ("manager", "general_manager"), "hq", "company"),
            ("agent", "何敏", ("agent",), "service", "company"),
            ("handler", "周建国", ("complaint_handler",), "service", "company"),
            ("quality", "赵立新", ("complaint_handler",), "rd", "units"),
        ),
    ),
    DemoCompany(
        "renkang",
        "仁康医疗器械",
        "medical_dealer",
        "zh",
        "Asia/Shanghai",
        "CNY",
        "CN",
        ("complaints",),
        (
            ("rd", "技术支持部", "department", "hq", ""),
            ("quality", "质量管理部", "department", "hq", ""),
            ("warehouse", "仓储物流", "department", "hq", ""),
            ("service", "客户服务部", "department", "hq", ""),
            ("hangzhou", "杭州办事处", "centre", "hq", "浙江省杭州市"),
        ),
        (
            ("admin", "顾明", ("administrator",), "hq", "company"),
            ("manager", "陆晓燕", ("manager", "general_manager"), "hq", "company"),
            ("agent", "吴芳", ("agent",), "service", "company"),
            ("handler", "郑海", ("complaint_handler",), "quality", "company"),
        ),
    ),
    DemoCompany(
        "brightfix",
        "Brightfix Appliance Care",
        "appliance",
        "en",
        "Europe/London",
        "GBP",
        "GB",
        (),
        (
            ("rd", "Technical support", "department", "hq", ""),
            ("quality", "Quality", "department", "hq", ""),
            ("warehouse", "Warehouse", "department", "hq", ""),
            ("service", "Customer care", "department", "hq", ""),
            ("leeds", "Leeds centre", "centre", "hq", "West Yorkshire"),
        ),
        (
            ("admin", "Helen Marsh", ("administrator",), "hq", "company"),
            ("manager", "Tom Okafor", ("manager",), "hq", "company"),
            ("agent", "Priya Nair", ("agent",), "service", "company"),
        ),
    ),
)

OPERATOR = ("operator@sanbao.example", "安装管理员")


def prepare(*, reset: bool = False, address: str = "http://127.0.0.1:8000/") -> None:
    """Make the demonstration's data if it is not there yet, and print where and as whom to sign in."""
    _port_is_free(address)
    registry = plugins.load()
    registry_module.set_current(registry)
    url = config.database_url()
    if reset:
        _wipe(url, registry)
    begun = time.monotonic()
    migrate.upgrade(url, registry)
    engine = make_engine(url)
    try:
        accounts = _accounts()
        with system_session(engine, "demonstration: which companies are there") as session:
            known = set(session.scalars(sa.select(Company.code)))
        strangers = known - {c.code for c in COMPANIES}
        if strangers:
            raise ConfigurationError(
                f"this database holds companies of its own ({', '.join(sorted(strangers)[:5])}); the demonstration "
                "needs "
                "a database for itself: give another DATABASE_URL"
            )
        for company in COMPANIES:
            if company.code not in known:
                click.echo(f"Making {company.name} …", err=True)
                _fill(engine, registry, company, accounts)
        _operator(engine, accounts)
        _keep(accounts)
    finally:
        engine.dispose()
    _tell(address, accounts, time.monotonic() - begun)


def _port_is_free(address: str) -> None:
    host, _colon, port = address.removeprefix("http://").rstrip("/").partition(":")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except OSError:
            raise ConfigurationError(f"port {port} is in use. Choose another one: PORT=8001 make demo") from None


def _accounts_file() -> Path:
    return config.home() / "demo-accounts.json"


def _accounts() -> dict[str, str]:
    """E-mail → password of the accounts made so far."""
    file = _accounts_file()
    return json.loads(file.read_text()) if file.exists() else {}


def _keep(accounts: dict[str, str]) -> None:
    file = _accounts_file()
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as out:
        json.dump(accounts, out, ensure_ascii=False, indent=1)


def _wipe(url: str, registry: Registry) -> None:
    """Throw away the database of a demonstration; refuses one that holds other companies."""
    engine = make_engine(url)
    inspector = sa.inspect(engine)
    if inspector.has_table("core_company"):
        with system_session(engine, "demonstration: is this database ours to wipe") as session:
            others = set(session.scalars(sa.select(Company.code))) - {c.code for c in COMPANIES}
        if others:
            raise ConfigurationError(
                f"not wiped: this database holds other companies ({', '.join(sorted(others)[:5])})"
            )
        versions = [sa.Table(b.version_table, sa.MetaData()) for b in migrate.branches(registry)]
        with engine.begin() as connection:
            Base.metadata.drop_all(connection)
            for table in versions:
                table.drop(connection, checkfirst=True)
    engine.dispose()
    _accounts_file().unlink(missing_ok=True)


def _fill(engine: sa.Engine, registry: Registry, company: DemoCompany, accounts: dict[str, str]) -> None:
    now = utcnow()
    with open_session(engine) as session, use_locale(company.locale):
        ctx = create_company(
            lambda company_id: company_ctx(session, company_id, registry),
            session,
            code=company.code,
            name=company.name,
            now=now,
            timezone=company.timezone,
            currency=company.currency,
            locale=company.locale,
            region=company.region,
            profile=company.profile,
        )
        for unit in company.units:
            save_unit(ctx, *unit)
        for name in company.modules:
            if name in registry.plugins:
                switch_on(ctx, name)
        _people(ctx, company, accounts)
    with open_session(engine) as session, use_locale(company.locale):
        ctx = company_ctx(session, _company_id(engine, company.code), registry)
        for _plugin, impl in hooks.implementations(registry, "demo_data", ctx.enabled):
            with transaction(ctx):
                impl.function()(ctx, seed=sum(map(ord, company.code)))
                emit_if_changed(ctx, "core.demo_filled")


def _company_id(engine: sa.Engine, code: str) -> int:
    with system_session(engine, "demonstration: the company just made") as session:
        return session.scalars(sa.select(Company.id).where(Company.code == code)).one()


def _people(ctx, company: DemoCompany, accounts: dict[str, str]) -> None:
    from core.companies.models import Role

    there = set(ctx.session.scalars(sa.select(Role.code)))
    for mailbox, name, roles, unit, scope in company.people:
        email = f"{mailbox}@{company.code}.example"
        accounts.setdefault(email, _password())
        with transaction(ctx):
            account = create_user(ctx.session, email=email, name=name, password=accounts[email], locale=company.locale)
            save_membership(ctx, account.id, [r for r in roles if r in there], unit, scope)


def _operator(engine: sa.Engine, accounts: dict[str, str]) -> None:
    """The installation administrator, who creates companies."""
    email, name = OPERATOR
    with open_session(engine) as session, transaction(session):
        if session.scalar(sa.select(User.id).where(User.email == email)) is None:
            accounts.setdefault(email, _password())
            create_user(session, email=email, name=name, password=accounts[email], locale="zh", installation_admin=True)


def _password() -> str:
    return "-".join(secrets.token_hex(3) for _part in range(2))


def _tell(address: str, accounts: dict[str, str], seconds: float) -> None:
    lines = ["", f"Sanbao 三包  {address}  (ready in {seconds:.0f} s; Ctrl-C stops everything)", ""]
    for company in COMPANIES:
        lines.append(f"{company.name}  {address}c/{company.code}/")
        for mailbox, name, roles, _unit, _scope in company.people:
            lines.append(_line(f"{mailbox}@{company.code}.example", accounts, " + ".join(roles), name))
        lines.append("")
    lines += ["Installation 安装管理", _line(OPERATOR[0], accounts, "creates companies", OPERATOR[1]), ""]
    click.echo("\n".join(lines))


def _line(email: str, accounts: dict[str, str], roles: str, name: str) -> str:
    return f"  {email:28} {accounts.get(email, '-'):16} {roles}, {name}"
