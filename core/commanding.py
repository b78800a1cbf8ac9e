"""What a command of the program works in: this installation, or one company of it. Flask-free; plugins use it, too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.context import Ctx


@contextmanager
def installation(without: tuple[str, ...] = (), loaded=None) -> Iterator[tuple]:
    """(engine, registry) of this installation, its tables up to date; ``loaded`` is a registry put together already."""
    from core import config, migrate, plugins, registry
    from core.auth.models import User  # noqa: F401 - mapped, because other tables point to it
    from core.db import make_engine

    loaded = loaded or plugins.load(without)
    registry.set_current(loaded)
    url = config.database_url()
    migrate.upgrade(url, loaded)
    engine = make_engine(url)
    try:
        yield engine, loaded
    finally:
        engine.dispose()


@contextmanager
def company_context(code: str) -> Iterator[Ctx]:
    """A Ctx of the system in the company ``code``, for a command; its tables are brought up to date first.

    Raises NotFound where there is no such company, which the command line tells in one line.
    """
    import sqlalchemy as sa

    from core.companies.models import Company
    from core.db import open_session
    from core.errors import NotFound
    from core.i18n import _, use_locale
    from core.worker import company_ctx

    with installation() as (engine, registry), open_session(engine) as session:
        company_id = session.scalar(sa.select(Company.id).where(Company.code == code))
        if company_id is None:
            raise NotFound("unknown_company", _("There is no company with the code “{code}”.", code=code))
        ctx = company_ctx(session, company_id, registry)
        with use_locale(ctx.locale):
            yield ctx
