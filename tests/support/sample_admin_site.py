"""Two companies with gadgets, and people of different rights, for tests of lists and forms."""

from __future__ import annotations

import datetime as dt
import functools
import html
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core import plugins
from core.app import create_app
from core.auth.models import User
from core.companies.models import Company, CompanyPlugin, Membership, Role
from core.db import Base, make_engine, system_session
from core.events import Event

FOLDER = Path(__file__).parent / "sample_plugins"
NOW = dt.datetime(2026, 11, 23, 6, 0, tzinfo=dt.UTC)
EVERYTHING = tuple(f"sample_admin.gadget.{verb}" for verb in ("view", "edit", "delete", "export"))


def load_registry():
    """The core and the sample plugin, without those that ship with the product."""
    return plugins.load(without=("base", "complaints", "warranty", "workforce"), path=str(FOLDER))


def tables(url: str) -> None:
    """Make all tables of the core and of the sample plugin."""
    load_registry()
    engine = make_engine(url)
    names = [t for t in Base.metadata.sorted_tables if t.name.startswith(("core_", "sample_"))]
    Base.metadata.create_all(engine, tables=names)
    engine.dispose()


@dataclass
class Site:
    """The application on a fresh database: companies ``north`` (1) and ``south`` (2), a person per set of rights."""

    app: Any
    url: str

    @functools.cached_property
    def engine(self):
        return make_engine(self.url, synchronous="OFF", sees_all=True)

    def client(self, name: str = "boss", locale: str = "en"):
        """A signed-in browser without a real one."""
        with system_session(self.engine, "test") as session:
            session.execute(sa.update(User).where(User.fs_uniquifier == name).values(locale=locale))
            session.commit()
        client = self.app.test_client()
        with client.session_transaction() as cookie:
            cookie.update(_user_id=name, _fresh=True)
        return client

    def rows(self, query):
        """Read anything, over all companies."""
        with system_session(self.engine, "test") as session:
            return session.execute(query).all()

    def add(self, *rows) -> list[int]:
        """Write rows with their company_id; answers their ids."""
        with system_session(self.engine, "test") as session:
            session.add_all(rows)
            session.flush()
            ids = [row.id for row in rows]
            session.info.pop("pending_changes", None)
            session.commit()
        return ids

    def clear(self) -> None:
        """Take away all gadgets, and switch the module on again."""
        from sample_admin.models import Category, Gadget, GadgetNote

        with system_session(self.engine, "test") as session:
            for model in (GadgetNote, Gadget, Category, Event):
                session.execute(sa.delete(model))
            session.execute(sa.update(CompanyPlugin).values(enabled=True))
            session.info.pop("pending_changes", None)
            session.commit()

    def close(self) -> None:
        self.engine.dispose()
        with self.app.app_context():
            from core.web.database import db

            db.session.remove()
            db.engine.dispose()


PEOPLE = {
    "boss": EVERYTHING,
    "reader": ("sample_admin.gadget.view",),
    "editor": ("sample_admin.gadget.view", "sample_admin.gadget.edit"),
    "nobody": (),
}


def build(url: str, **config) -> Site:
    """The site, with people and companies, without gadgets."""
    settings = {
        "SQLALCHEMY_DATABASE_URI": url,
        "TESTING": True,
        "PROPAGATE_EXCEPTIONS": True,
        "WTF_CSRF_ENABLED": False,
        **config,
    }
    app = create_app(settings, registry=load_registry())
    site = Site(app, url)
    site.add(
        *(
            Company(id=i, code=c, name=c.title(), created_at=NOW, timezone="Asia/Shanghai")
            for i, c in ((1, "north"), (2, "south"))
        )
    )
    for number, (name, granted) in enumerate(PEOPLE.items(), start=1):
        site.add(User(id=number, email=f"{name}@example.com", name=name, fs_uniquifier=name, created_at=NOW))
        site.add(Role(company_id=1, code=name, name={"en": name, "zh": name}, permissions=list(granted)))
        site.add(Membership(company_id=1, user_id=number, role_codes=[name]))
    for company in (1, 2):
        site.add(CompanyPlugin(company_id=company, plugin="sample_admin", enabled=True, changed_at=NOW))
    return site


def statements(site: Site, work) -> list[str]:
    """The SQL that ``work()`` made the application send, transaction control left out."""
    from core.web.database import db

    with site.app.app_context():
        engine = db.engine
    sent: list[str] = []

    def note(_connection, _cursor, statement, *_more):
        if statement.split()[0] not in ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE"):
            sent.append(" ".join(statement.split()))

    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        work()
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
    return sent


def text_of(response) -> str:
    """A page without its tags, blanks folded."""
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.get_data(as_text=True))))


def gadgets(*numbers: int, company_id: int = 1, **values) -> list:
    """Gadgets ``G001``, ``G002`` … of a company, with the same further values."""
    from sample_admin.models import Gadget

    return [
        Gadget(**{"company_id": company_id, "code": f"G{n:04}", "name": f"gadget {n}", "seen_at": NOW, **values})
        for n in numbers
    ]


def category(site: Site, name: str, company_id: int = 1) -> int:
    """A category; its id."""
    from sample_admin.models import Category

    return site.add(Category(company_id=company_id, name=name))[0]


def codes(response) -> list[str]:
    """The codes in a list's rows, from top to bottom."""
    return re.findall(r"data-open>(G\d+)</a>", response.get_data(as_text=True))


def link(response, relation: str) -> str | None:
    """The address of a page's link ``rel="next"`` or ``rel="prev"``."""
    found = re.search(rf'href="([^"]+)" rel="{relation}"', response.get_data(as_text=True))
    return found[1].replace("&amp;", "&") if found else None
