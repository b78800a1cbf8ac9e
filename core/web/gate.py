"""The company gate: one place where every request is let in or refused.

The company stands in the address, ``/c/<code>/…``; ``CompanyPrefix`` moves that prefix to SCRIPT_NAME so that every
``url_for`` carries it. Before a view runs, the gate checks: signed in, member of this company, module switched on,
second factor where it is required, and the permission that the route declares with ``needs``. Pages for customers,
who have no account, are declared with ``open_to_anybody``. A route that declares nothing stops the start. Who is not a
member is told that there is no such page.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
import structlog
from flask import Flask, Request, abort, current_app, g, redirect, request, session, url_for
from flask_login import current_user
from sqlalchemy.orm import InstrumentedAttribute
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.routing import IntegerConverter

from core.companies.acting import member_actor
from core.companies.models import Company, Membership
from core.companies.switch import enabled_for
from core.context import Actor, Ctx
from core.db import bind_company
from core.errors import ConfigurationError, Forbidden
from core.i18n import LOCALES, _, set_locale
from core.registry import Registry
from core.settings import get_setting
from core.web.database import db
from core.web.entered import entered

PUBLIC = "public"
"""Anybody, no company: sign-in, health, static files."""
SIGNED_IN = "signed-in"
"""Anybody signed in, no company: chooser, own account."""
INSTALLATION = "installation"
"""Installation administrators, no company."""
MEMBER = "member"
"""Every member of the company in the address."""
ANYBODY = "anybody"
"""Anybody who has the address, inside a company: a page for customers, found by a secret (``open_to_anybody``)."""

log = structlog.get_logger("sanbao.request")

_PREFIX = re.compile(r"^/c/([a-z][a-z0-9-]{1,39})(/.*)?$")


class CompanyPrefix:
    """WSGI: ``/c/<code>/rest`` becomes SCRIPT_NAME ``/c/<code>`` and PATH_INFO ``/rest``. No address holds a NUL, which
    PostgreSQL takes in no text.
    """

    def __init__(self, app: Callable):
        self.app = app

    def __call__(self, environ, start_response):
        environ["PATH_INFO"] = environ.get("PATH_INFO", "").replace("\0", "\ufffd".encode().decode("latin-1"))
        match = _PREFIX.match(environ["PATH_INFO"])
        if match:
            environ["sanbao.company"] = match[1]
            environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + f"/c/{match[1]}"
            environ["PATH_INFO"] = match[2] or "/"
        return self.app(environ, start_response)


def needs(permission: str) -> Callable:
    """Declare what a route needs: a permission code, or PUBLIC, SIGNED_IN, INSTALLATION, MEMBER. Put it under
    ``@route``. A route for people without an account is declared by ``open_to_anybody`` instead.
    """

    def mark(view):
        view.sanbao_needs = permission
        return view

    return mark


def open_to_anybody(secret: InstrumentedAttribute[str]) -> Callable:
    """Open a route of a plugin, inside a company, to people without an account. Put it under ``@route``.

    ``secret`` is the column that holds the unguessable part of the address, marked by ``info={"secret": True}``; the
    route has an argument of that name.
    The gate finds the record by it (``found_record``). A wrong one, a company that is closed or does not exist and a
    module that is switched off are all answered alike, as a page that can't be found. Nobody acts there: the actor
    holds no right. The token against forged forms is looked at by the form itself (``SanbaoForm``).
    """

    def mark(view):
        view.sanbao_needs = ANYBODY
        view.sanbao_secret = secret
        return view

    return mark


def found_record() -> Any:
    """The record whose secret stands in the address of a route that is open to anybody."""
    return g.found


def speak(language: str) -> None:
    """Answer a page for anybody in the language of whom it is for, unless the visitor has chosen one.

    Empty, or one that there is not: the browser's, as ever.
    """
    if language in LOCALES and request.cookies.get("lang") not in LOCALES and not current_user.is_authenticated:
        set_locale(language)


def takes_files(setting: str, times: int = 1) -> Callable:
    """Let a route take uploads as large as a setting (in MB) says, or so many times that: other forms may send less."""

    def mark(view):
        view.sanbao_largest = (setting, times)
        return view

    return mark


class IdConverter(IntegerConverter):
    """A number in an address that an id can be; any other is the address of no page."""

    regex = r"\d{1,19}"

    def __init__(self, map: Any, *args: Any, **kwargs: Any):
        super().__init__(map, *args, **{"max": 2**63 - 1, **kwargs})


class Typed(ImmutableMultiDict):
    """What a query or a form holds, without the NUL characters that PostgreSQL takes in no text."""

    def __init__(self, mapping: Any = None):
        super().__init__(mapping)
        for values in dict.values(self):
            values[:] = [v.replace("\0", "") if isinstance(v, str) else v for v in values]


class SanbaoRequest(Request):
    """A request whose words can be kept by every database."""

    parameter_storage_class = Typed


class SanbaoFlask(Flask):
    """Flask whose ``url_for`` leaves the company prefix out for what has no company: static files, sign-in, chooser."""

    request_class = SanbaoRequest

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.url_map.converters["int"] = IdConverter

    def url_for(self, endpoint: str, **values):
        url = super().url_for(endpoint, **values)
        if not url.startswith("/c/") and "/c/" not in url:
            return url
        full = endpoint
        if endpoint.startswith(".") and request:
            full = f"{request.blueprint}{endpoint}" if request.blueprint else endpoint[1:]
        if route_needs(self, full) in (PUBLIC, SIGNED_IN, INSTALLATION):
            return re.sub(r"^([^?#]*?)/c/[a-z][a-z0-9-]{1,39}(?=/)", r"\1", url, count=1)
        return url


def route_needs(app: Flask, endpoint: str | None) -> str | None:
    """What an endpoint declares, or None."""
    if endpoint is None:
        return None
    declared: dict = app.extensions["sanbao"]["needs"]
    if endpoint in declared:
        return declared[endpoint]
    view = app.view_functions.get(endpoint)
    if view is not None and (mark := getattr(view, "sanbao_needs", None)):
        return mark
    if endpoint == "static" or endpoint.endswith(".static"):
        return PUBLIC
    blueprint = endpoint.partition(".")[0]
    admin_view = app.extensions["sanbao"]["admin_views"].get(blueprint)
    if admin_view is not None:
        return admin_view.needs_for(endpoint.partition(".")[2])
    return None


def check_declared(app: Flask) -> None:
    """Raise ConfigurationError for routes that declare nothing, naming them."""
    bare = sorted(e for e in app.view_functions if route_needs(app, e) is None)
    if bare:
        raise ConfigurationError(f"these routes declare no permission (use core.web_api.needs): {', '.join(bare)}")
    registry: Registry = app.extensions["sanbao"]["registry"]
    special = {PUBLIC, SIGNED_IN, INSTALLATION, MEMBER}
    for endpoint, view in app.view_functions.items():
        code = route_needs(app, endpoint)
        if code == ANYBODY:
            _check_open(app, endpoint)
            # nobody's rights can be borrowed there; a form that was open for too long comes back with what was typed
            app.extensions["csrf"].exempt(view)
        elif code not in special and code not in registry.permissions:
            raise ConfigurationError(f"route {endpoint} needs the permission {code!r}, which nobody declares")


def secret_of(app: Flask, endpoint: str) -> Any:
    """The column whose value stands in the address of a route that is open to anybody."""
    return getattr(app.view_functions[endpoint], "sanbao_secret", None)


def _check_open(app: Flask, endpoint: str) -> None:
    """A route that is open to anybody belongs to a plugin, and names the secret that stands in its address."""
    secret = secret_of(app, endpoint)
    if secret is None or plugin_of(app, endpoint) == "core":
        raise ConfigurationError(f"route {endpoint} is for anybody: declare it with open_to_anybody, in a plugin")
    if not secret.property.columns[0].info.get("secret"):
        raise ConfigurationError(f"route {endpoint} is for anybody: mark {secret} with info={{'secret': True}}")
    if any(secret.key not in rule.arguments for rule in app.url_map.iter_rules(endpoint)):
        raise ConfigurationError(f"route {endpoint} is for anybody, but {secret.key!r} is not in its address")


def plugin_of(app: Flask, endpoint: str) -> str:
    """The plugin whose route this is; ``core`` for the core's own."""
    return app.extensions["sanbao"]["blueprint_plugin"].get(endpoint.partition(".")[0], "core")


def before_request():
    """Let the request in or refuse it; sets ``g.ctx`` for company routes."""
    g.now = dt.datetime.now(dt.UTC)
    g.request_id = request.headers.get("X-Request-Id", "")[:40] or uuid4().hex[:16]
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)
    g.ctx = None
    g.company = None
    set_locale(_language())
    if request.endpoint is None:
        _company_for_error_page()
        return None
    wanted = route_needs(current_app, request.endpoint)
    code = request.environ.get("sanbao.company")
    if wanted == PUBLIC:
        if code and not _is_static(request.endpoint):
            abort(404)
        return None
    if wanted == ANYBODY:
        return _let_anybody_in(code)
    if not current_user.is_authenticated:
        return current_app.extensions["sanbao"]["ask_sign_in"]()
    if wanted in (SIGNED_IN, INSTALLATION):
        if code:
            abort(404)
        if wanted == INSTALLATION and not current_user.is_installation_admin:
            abort(404)
        return None
    if not code:
        return _without_company()
    return _enter_company(code, wanted)


def _is_static(endpoint: str) -> bool:
    return endpoint == "static" or endpoint.endswith(".static")


def _language() -> str:
    """The person's own language; else the one chosen before sign-in; else the browser's; else Chinese."""
    if current_user.is_authenticated:
        return current_user.locale
    chosen = request.cookies.get("lang")
    if chosen in LOCALES:
        return chosen
    best = request.accept_languages.best_match(["zh-CN", "zh", "en"], default="zh")
    return "en" if best == "en" else "zh"


def _without_company():
    """A company page asked for without a company: the only one, the chooser, or nothing."""
    if request.path == "/":
        return redirect(url_for("web.choose_company"))
    return abort(404)


def _company_for_error_page() -> None:
    """An unknown address inside a company still shows that company's menu, to its members."""
    code = request.environ.get("sanbao.company")
    if code and current_user.is_authenticated:
        company = _company(code)
        if company and company.active and (membership := _membership(company)):
            ctx = make_ctx(company, membership)
            if _second_factor_first(ctx, company, membership) is None:
                g.company, g.ctx = company, ctx


def _company(code: str) -> Company | None:
    return db.session.scalar(sa.select(Company).where(Company.code == code))


def _membership(company: Company) -> Membership | None:
    bind_company(db.session(), company.id)
    return db.session.scalar(
        sa.select(Membership).where(Membership.user_id == current_user.id, Membership.active.is_(True))
    )


def _enter_company(code: str, wanted: str | None):
    company = _company(code)
    membership = _membership(company) if company else None
    if company is None or membership is None:
        abort(404)
    if not company.active:
        raise Forbidden(
            "company_closed",
            _(
                "{company} is closed. Its data is kept; an administrator of the installation can open it again.",
                company=company.name,
            ),
        )
    ctx = make_ctx(company, membership)
    structlog.contextvars.bind_contextvars(company=code, user_id=current_user.id)
    if (answer := _second_factor_first(ctx, company, membership)) is not None:
        return answer
    ctx.memo["entered"] = entered
    g.company, g.ctx = company, ctx
    plugin = plugin_of(current_app, request.endpoint or "")
    if plugin != "core" and plugin not in ctx.enabled:
        abort(404)
    if wanted and wanted != MEMBER and not ctx.can(wanted):
        label = ctx.registry.permission_label(wanted)
        raise Forbidden(
            "permission_needed",
            _("You need the right “{right}” for this. An administrator can give it.", right=label),
            permission=wanted,
        )
    largest = getattr(current_app.view_functions[request.endpoint or ""], "sanbao_largest", None)
    if largest is not None:
        setting, times = largest
        request.max_content_length = (int(get_setting(ctx, setting)) * times + 1) * 1024 * 1024
    return None


def _let_anybody_in(code: str | None) -> None:
    """Set ``g.ctx`` and ``g.found`` for a page for customers; whatever is wrong, there is no such page.

    ``g.company`` stays empty, so that no menu is drawn, whoever looks.
    """
    company = _company(code) if code else None
    if company is None or not company.active:
        abort(404)
    registry: Registry = current_app.extensions["sanbao"]["registry"]
    database = db.session()
    bind_company(database, company.id)
    enabled = enabled_for(database, company.id, registry)
    endpoint = request.endpoint or ""
    if plugin_of(current_app, endpoint) not in enabled:
        abort(404)
    secret = secret_of(current_app, endpoint)
    found = database.scalar(sa.select(secret.class_).where(secret == (request.view_args or {})[secret.key]))
    if found is None:
        abort(404)
    structlog.contextvars.bind_contextvars(company=code)
    ctx = Ctx(database, company.id, Actor(None, ""), _language(), g.now, registry, g.request_id)
    ctx.memo.update(company=company, enabled=enabled)
    g.ctx, g.found = ctx, found


def _second_factor_first(ctx: Ctx, company: Company, membership: Membership):
    """The answer to somebody who must set a second factor up before anything of this company; None for all others."""
    ask = current_app.extensions["sanbao"]["second_factor"]
    return ask(ctx, company, membership) if ask is not None else None


def make_ctx(company: Company, membership: Membership) -> Ctx:
    """The Ctx of a signed-in member: permissions of his or her roles, as far as their modules are switched on."""
    registry: Registry = current_app.extensions["sanbao"]["registry"]
    database = db.session()
    enabled = enabled_for(database, company.id, registry)
    actor = member_actor(database, registry, membership, current_user, enabled)
    ctx = Ctx(database, company.id, actor, _language(), g.now, registry, g.request_id)
    ctx.memo.update(company=company, enabled=enabled, membership=membership)
    return ctx


def log_request(response):
    """One line per request (files left out): who asked for what, what was answered, how long it took."""
    if request.endpoint not in (None, "assets", "static"):
        seconds = (dt.datetime.now(dt.UTC) - g.now).total_seconds()
        facts = {"method": request.method, "path": request.path, "status": response.status_code}
        log.info("request", **facts, ms=round(seconds * 1000, 1))
    return response


def security_headers(response):
    """Security headers on every answer; pages of a company are not kept by shared caches."""
    response.headers.setdefault(
        "Content-Security-Policy",
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; "
        "base-uri 'self'; form-action 'self'; frame-ancestors 'none'",
    )
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("X-Request-Id", g.get("request_id", ""))
    if response.mimetype == "text/html":
        response.headers.setdefault("Cache-Control", "no-store" if session else "private, no-cache")
    return response
