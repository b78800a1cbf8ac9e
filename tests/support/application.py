"""The product's application for tests: put together once per process, and pointed at one database after another."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from core.registry import Registry, set_current

_SETTINGS = {
    "TESTING": True,
    "SECRET_KEY": "of the tests " * 4,
    "SECURITY_PASSWORD_SALT": "of the tests " * 4,
    "SQLITE_SYNCHRONOUS": "OFF",
}


class Application:
    """Lends the application of one registry; its templates stay compiled and its routes stay built."""

    def __init__(self, registry: Registry):
        self.registry = registry
        self._app: Any = None
        self._lent_to = ""

    @contextlib.contextmanager
    def on(self, url: str) -> Iterator[Any]:
        """Within the block the application works on the database at ``url``; afterwards it is as it was before."""
        if self._lent_to:
            raise RuntimeError(f"the application works on {self._lent_to} already; make one of its own: create_app")
        self._lent_to = url
        app = self._pointed_at(url)
        kept = dict(app.config)
        try:
            yield app
        finally:
            app.config.clear()
            app.config.update(kept)
            self._lent_to = ""
            with app.app_context():
                from core.web.database import db

                db.session.remove()
                db.engine.dispose()

    def _pointed_at(self, url: str) -> Any:
        from core.app import create_app
        from core.db import make_engine
        from core.web.database import db

        if self._app is None:
            # without the mail server that the first test may have put into the environment
            first = {"SQLALCHEMY_DATABASE_URI": url, "MAIL_SERVER": "", **_SETTINGS}
            self._app = create_app(first, registry=self.registry)
        self._app.config["SQLALCHEMY_DATABASE_URI"] = url
        set_current(self.registry)
        options = self._app.config["SQLALCHEMY_ENGINE_OPTIONS"]
        with self._app.app_context():
            db.engines[None] = make_engine(url, synchronous=_SETTINGS["SQLITE_SYNCHRONOUS"], **options)
        return self._app
