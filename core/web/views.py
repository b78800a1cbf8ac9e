"""The core's own pages: my work, company chooser, inbox, search, preferences, health."""

from __future__ import annotations

import datetime as dt
from urllib.parse import urlsplit

import sqlalchemy as sa
from flask import (
    Blueprint,
    abort,
    current_app,
    flash,
    g,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_login import current_user

from core import hooks
from core.companies.models import Company, Membership
from core.contributions import Hit
from core.db import system_session, transaction
from core.errors import DomainError
from core.i18n import LOCALES, _
from core.mail.services import mail_ready
from core.notifications import inbox_page, mark_all_read, mark_read, unread_count
from core.search import LONGEST_QUERY, Found, search_records, waiting
from core.told_by_mail import WISHES, save_wishes, wish_of
from core.web.current import record_id
from core.web.database import db
from core.web.gate import MEMBER, PUBLIC, SIGNED_IN, needs
from core.web.home import VIEWS, home_page
from core.web.shell import may_open
from core.web.ui import Tab

blueprint = Blueprint("web", __name__)

SEARCH_PAGE = 30


@blueprint.get("/")
@needs(MEMBER)
def home():
    """My work: what waits for this person, most urgent first."""
    return render_template("web/home.html", **home_page(g.ctx))


@blueprint.get("/companies")
@needs(SIGNED_IN)
def choose_company():
    """The companies this person works in; straight on when there is just one."""
    with system_session(db.engine, "company chooser: memberships of the signed-in person") as session:
        rows = session.execute(
            sa.select(Company.code, Company.name, Company.active)
            .join(Membership, Membership.company_id == Company.id)
            .where(Membership.user_id == current_user.id, Membership.active.is_(True))
            .order_by(Company.active.desc(), Company.name)
        ).all()
    only = rows[0] if len(rows) == 1 and rows[0].active else None
    if only and not current_user.is_installation_admin and request.args.get("stay") is None:
        return redirect(f"/c/{only.code}/")
    return render_template("web/choose_company.html", companies=rows)


@blueprint.get("/inbox")
@needs(MEMBER)
def inbox():
    """What the system told this person, newest first; seen lines count as read."""
    ctx = g.ctx
    unread = request.args.get("show") == "unread"
    rows = inbox_page(ctx, request.args.get("before", type=int), unread_only=unread)
    shown = rows[:30]
    count = unread_count(ctx)
    tabs = [
        Tab(_("All"), url_for("web.inbox"), None, not unread),
        Tab(_("Unread"), url_for("web.inbox", show="unread"), count, unread),
    ]
    page = render_template(
        "web/inbox.html",
        rows=[(row, _record_url(ctx, row.record_kind, row.record_id)) for row in shown],
        more=shown[-1].id if len(rows) > 30 else None,
        newest="before" not in request.args,
        show="unread" if unread else None,
        tabs=tabs,
        unread=count,
        wishes=_wishes(ctx) if mail_ready() else [],
        wish_words=[(key, _(words)) for key, words in WISHES.items()],
    )
    mark_read(ctx, [row.id for row in shown if row.read_at is None])
    return page


def _wishes(ctx) -> list[tuple[str, str, str]]:
    """(module, its name, what this person wants of it by mail) for what is on here."""
    names = ["core", *(name for name in ctx.registry.plugins if name in ctx.enabled)]
    return [(n, ctx.registry.plugin_label(n), wish_of(current_user.preferences, n)) for n in names]


@blueprint.post("/inbox/read")
@needs(MEMBER)
def inbox_read():
    """Take every line as read."""
    mark_all_read(g.ctx)
    return redirect(url_for("web.inbox"))


@blueprint.post("/inbox/mail")
@needs(MEMBER)
def inbox_mail():
    """Keep what this person wants by mail."""
    given = {n: request.form[f"mail-{n}"] for n, _label, _wish in _wishes(g.ctx) if f"mail-{n}" in request.form}
    if not given:
        return redirect(url_for("web.inbox"))
    try:
        save_wishes(db.session(), current_user._get_current_object(), given)
    except DomainError:
        abort(400)
    flash(_("Saved."), "ok")
    return redirect(url_for("web.inbox"))


def _record_url(ctx, kind_name: str, record_id: int | None) -> str:
    """Where a record is shown, if its kind has a page that this person may open."""
    kind = ctx.registry.kinds.get(kind_name)
    if kind is None or not kind.endpoint or record_id is None or not may_open(ctx, kind.endpoint):
        return ""
    return url_for(kind.endpoint, record_id=record_id)


@blueprint.get("/search")
@needs(MEMBER)
def search():
    """One box for numbers, phones, serials and names, over every module that is on."""
    ctx = g.ctx
    query = request.args.get("q", "").strip()[:LONGEST_QUERY]
    before = record_id(request.args.get("before"))
    found = search_records(ctx, query, before=before, limit=SEARCH_PAGE + 1) if query else []
    answers = hooks.collect(ctx, "search", query=query) if query and before is None else []
    hits = [hit for a in answers if not a.error for hit in a.value]
    hits += [hit for row in found[:SEARCH_PAGE] if (hit := _hit(ctx, row)) is not None]
    if len(hits) == 1 and request.args.get("go"):
        return redirect(hits[0].url)
    return render_template(
        "web/search.html",
        query=query,
        hits=hits,
        more=found[SEARCH_PAGE - 1].entry_id if len(found) > SEARCH_PAGE else None,
        first=before is None,
        waiting=waiting(ctx) if query else 0,
        failed=[a.plugin for a in answers if a.error],
    )


def _hit(ctx, row: Found) -> Hit | None:
    """A record that was found, if it has a page."""
    kind = ctx.registry.kinds[row.kind]
    url = _record_url(ctx, row.kind, row.record_id)
    return Hit(row.title, url, _(kind.label), row.detail, kind.icon) if url else None


@blueprint.post("/preference")
@needs(PUBLIC)
def preference():
    """Keep a person's choice of language, theme, row height or keys; before sign-in it goes into a cookie."""
    name, value = request.form.get("name", ""), request.form.get("value", "")
    allowed = {
        "lang": set(LOCALES),
        "theme": {"", "light", "dark"},
        "density": {"compact", "cozy", "roomy"},
        "keys": {"on", "off"},
        "home": set(VIEWS),
    }
    if name not in allowed or value not in allowed[name]:
        abort(400)
    response = make_response(redirect(local_target(request.form.get("next"))))
    if current_user.is_authenticated:
        with transaction(db.session()):
            if name == "lang":
                current_user.locale = value
            else:
                current_user.preferences = {**current_user.preferences, name: value}
    if name in ("lang", "theme"):
        response.set_cookie(
            name,
            value,
            max_age=365 * 86400,
            samesite="Lax",
            httponly=True,
            path="/",
            secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
        )
    return response


def local_target(target: str | None) -> str:
    """``target`` when it is a path on this very site; else the start page."""
    if not target or not target.startswith("/") or target.startswith("//") or "\\" in target:
        return "/"
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc else "/"


@blueprint.get("/healthz")
@needs(PUBLIC)
def healthz():
    """This process answers."""
    return jsonify({"status": "ok"})


@blueprint.get("/readyz")
@needs(PUBLIC)
def readyz():
    """This process can serve: the database answers, its tables are up to date, and a worker was seen lately."""
    from core import migrate
    from core.worker import last_beat

    problems = []
    try:
        pending = migrate.pending(db.engine, current_app.extensions["sanbao"]["registry"])
        if pending:
            problems.append(f"migrations to run: {', '.join(pending)}")
        beat = last_beat(db.engine)
        if beat is None or g.now - beat > dt.timedelta(seconds=60):
            problems.append("no worker was seen in the last 60 seconds")
    except sa.exc.SQLAlchemyError as error:
        problems.append(f"database: {type(error).__name__}")
    return jsonify(
        {"status": "ok" if not problems else "not ready", "problems": problems}
    ), 200 if not problems else 503


@blueprint.get("/favicon.ico")
@needs(PUBLIC)
def favicon():
    """Browsers ask for it unasked."""
    return redirect(url_for("static", filename="logo.svg"))
