"""A small site of the frame, the components and Flask-Admin's stock model view, under the strict security policy."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import sqlalchemy as sa
from flask import Blueprint, Flask, flash, redirect, render_template_string, request
from flask_admin import Admin, AdminIndexView
from flask_admin.actions import action
from flask_admin.contrib.sqla import ModelView
from flask_admin.theme import Bootstrap4Theme
from flask_babel import Babel
from flask_wtf import CSRFProtect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, scoped_session, sessionmaker
from sqlalchemy.pool import StaticPool

from core.i18n import _, label, n_, set_locale
from core.web import assets, ui

POLICY = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; frame-ancestors 'none'"
PARTS = """{% extends "sanbao/base.html" %}
{% set heading = "Parts" %}
{% block content %}
{{ ui.clocks(clocks) }}
<form method="post" class="panel" data-draft="note" data-main data-dirty-warn>{{ ui.hidden() }}
  <div class="b"><p data-draft-note hidden>kept</p>
    <div class="f"><label for="note">Note</label><textarea class="inp" id="note" name="note"></textarea></div>
    {{ ui.pick_options("channel", [("phone", "Phone"), ("visit", "Visit")], "phone", "Channel") }}</div>
  {{ ui.form_buttons(cancel_url="/other") }}</form>
{% call ui.dialog("hand", "Hand on", "Hand on…") %}
<div class="f"><label for="why">Reason</label><input class="inp" id="why"></div>
{% endcall %}
{% endblock %}"""


class Base(DeclarativeBase):
    pass


class Category(Base):
    __tablename__ = "category"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]

    def __str__(self) -> str:
        return self.name


class Part(Base):
    __tablename__ = "part"
    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(20))
    minimum: Mapped[int] = mapped_column(default=0)
    checked_on: Mapped[dt.date | None]
    category_id: Mapped[int | None] = mapped_column(sa.ForeignKey("category.id"))
    category: Mapped[Category | None] = relationship()
    lines: Mapped[list[Line]] = relationship(back_populates="part", cascade="all, delete-orphan")

    def __str__(self) -> str:
        return self.code


class Line(Base):
    __tablename__ = "line"
    id: Mapped[int] = mapped_column(primary_key=True)
    part_id: Mapped[int] = mapped_column(sa.ForeignKey("part.id"))
    text: Mapped[str | None]
    part: Mapped[Part] = relationship(back_populates="lines")


class PartView(ModelView):
    list_template = "sanbao/model/list.html"
    create_template = "sanbao/model/create.html"
    edit_template = "sanbao/model/edit.html"
    details_template = "sanbao/model/details.html"
    menu_icon_value = "boxes"
    can_view_details = True
    column_list = ("code", "category", "minimum", "checked_on")
    column_numeric = ("minimum",)
    column_editable_list = ("minimum",)
    column_searchable_list = ("code",)
    column_filters = ("code", "checked_on")
    form_columns = ("code", "category", "minimum", "checked_on", "lines")
    form_ajax_refs = {"category": {"fields": ("name",)}}
    inline_models = ((Line, {"form_columns": ("id", "text")}),)

    def _run_view(self, fn, *args, **kwargs):
        return fn(self, *args, **kwargs)

    @action("reorder", "Reorder", "Reorder the selected parts?")
    def reorder(self, ids):
        flash(f"reordered {len(ids)}", "success")


def make() -> tuple[Flask, sessionmaker]:
    """The site and its sessions; ``site.posts`` keeps what forms sent."""
    site = Flask("parts", template_folder=str(assets.FOLDER.parent / "templates"), static_folder=str(assets.FOLDER))
    site.config.update(SECRET_KEY="parts", TESTING=True)
    site.posts = []  # type: ignore[attr-defined]
    CSRFProtect(site)
    Babel(site, locale_selector=lambda: "en")
    engine = sa.create_engine("sqlite://", connect_args={"check_same_thread": False}, poolclass=StaticPool)
    Base.metadata.create_all(engine)
    sessions = sessionmaker(engine)
    with sessions.begin() as session:
        kinds = [Category(name=n) for n in ("Hydraulics", "Electrics")]
        session.add_all(
            Part(code=f"P-{n}", category=kinds[n % 2], checked_on=dt.date(2026, 10, n)) for n in range(1, 6)
        )
    now = dt.datetime.now(dt.UTC)
    ui.init_ui(site, lambda: ui.Formats("en", dt.UTC, now))
    site.jinja_env.trim_blocks = site.jinja_env.lstrip_blocks = True
    site.jinja_env.globals.update(_=_, n_=n_, label=label)
    _add_pages(site, now)
    scoped = scoped_session(sessions)
    site.teardown_appcontext(lambda error: scoped.remove())
    theme = Bootstrap4Theme(base_template="sanbao/base.html", fluid=True)
    admin = Admin(site, theme=theme, index_view=AdminIndexView(url="/admin"))
    admin.add_view(PartView(Part, scoped, name="Parts", endpoint="part", url="part"))
    return site, sessions


def _add_pages(site: Flask, now: dt.datetime) -> None:
    web = Blueprint("web", __name__)
    hour = dt.timedelta(hours=1)
    start = {"now": now, "started_at": now - hour, "limit_seconds": 7200}

    @site.before_request
    def language():
        set_locale("en")

    @site.after_request
    def policy(response):
        response.headers["Content-Security-Policy"] = POLICY
        return response

    @site.context_processor
    def frame():
        menu = [
            SimpleNamespace(
                label="",
                items=[
                    SimpleNamespace(
                        label=text, url=url, icon="inbox", count=3, count_bad=True, current=request.path == url
                    )
                    for text, url in (("Parts", "/"), ("List", "/admin/part/"))
                ],
            )
        ]
        return {
            "shell": SimpleNamespace(
                company={"name": "Hefeng", "code": "hf"},
                unit_name="Headquarters",
                menu=menu,
                query="",
                search_url="/search",
                user={"name": "Ann Lee", "initials": "AL", "email": "ann@example.com"},
                languages=(("zh", "中文", "zh-CN"),),
                primary_action={"label": "New call", "url": "/other"},
                chooser_url="/companies",
                inbox_url="/inbox",
                inbox_count=2,
                theme=request.cookies.get("theme", ""),
                density="cozy",
                keys=request.cookies.get("keys") != "off",
            )
        }

    @site.route("/", methods=["GET", "POST"])
    def parts():
        if request.method == "POST":
            site.posts.append(request.form["note"])  # type: ignore[attr-defined]
        soon = ui.clock_view("Answer", due=now + hour, warn_at=now, **start)
        open_ = ui.clock_view("Solve", due=now + 30 * hour, warn_at=now + hour, **start)
        return render_template_string(PARTS, clocks=[soon, open_])

    @site.get("/other")
    def other():
        return render_template_string('{% extends "sanbao/base.html" %}{% set heading = "Other" %}')

    @site.get("/saved")
    def saved():
        return render_template_string(
            '{% extends "sanbao/base.html" %}{% block content %}<p data-draft-done="note">saved</p>{% endblock %}'
        )

    @web.get("/home")
    def home():
        return redirect("/")

    @web.post("/preference")
    def preference():
        response = redirect(request.form["next"])
        response.set_cookie(request.form["name"], request.form["value"])
        return response

    site.register_blueprint(web)
