"""An installation of the core with the test plugin ``probe`` alone, for tests of the core without any business."""

from __future__ import annotations

from pathlib import Path

from core import plugins
from core.db import Base, make_engine
from core.testing import Installation, Office
from tests.support.databases import migrate

FOLDER = Path(__file__).parent / "plugins"
OTHERS = ("base", "complaints", "warranty", "workforce")


def load_registry():
    """The core and ``probe``."""
    return plugins.load(without=OTHERS, path=str(FOLDER))


def prepare(url: str) -> None:
    """All migrations of the product, the tables of ``probe``, and two companies that have it switched on."""
    migrate(url)
    registry = load_registry()
    engine = make_engine(url)
    Base.metadata.create_all(engine, tables=[t for t in Base.metadata.sorted_tables if t.name.startswith("probe_")])
    engine.dispose()
    installation = Installation(url, registry)
    for code in ("acme", "zenith"):
        installation.company(code, modules=("probe",))
    installation.close()


def office(installation: Installation, code: str) -> Office:
    """One of the two companies, ``acme`` or ``zenith``."""
    return installation.office(code)


def install(databases, kind: str) -> Installation:
    """A fresh database with the tables, and the plugins loaded."""
    return Installation(databases.create(kind, "probe", prepare), load_registry())
