"""Fixtures that every test may use: databases of both kinds, the application, a browser, mail, the real data files.

    pytest                     each test on one database by its name, those about databases on both
    pytest --db both           all on both             pytest --db sqlite      SQLite only
    @pytest.mark.clause("…")                           the clause of a policy that a scenario proves
    @pytest.mark.one_database                          about pages and words: SQLite will do, or what --db names
    @pytest.mark.writers_at_once                       two write at once: PostgreSQL alone
    @pytest.mark.parametrize("viewport", ["desktop", "phone"], indirect=True)     and likewise ``language``, ``scheme``

A quick test of a module: what all its tests begin with is made once and copied for each (a millisecond on SQLite,
thirty on PostgreSQL); the application is never made anew::

    def furnish(installation):                         # once per run and kind of database
        installation.company("acme", modules=("complaints",), locale="en")

    @pytest.fixture
    def office(databases, database_kind):
        with databases.furnished(database_kind, furnish) as installation:
            yield installation.office("acme")

Pages: ``with application.on(installation.url) as app``. In a browser one kind of database will do: ``"sqlite"``.
"""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from core import garbage, hooks
from core.i18n import DEFAULT_LOCALE, set_locale
from tests.support import midnight, network, quick, requirements, statements
from tests.support.application import Application
from tests.support.browser import ARGUMENTS, LANGUAGES, VIEWPORTS, PageErrors, read_whole_documents
from tests.support.databases import KINDS, Databases, installed, leave_empty, migrate
from tests.support.mail import Mailbox, mail_server
from tests.support.server import serve

_FOLDER = "SANBAO_TEST_FOLDER"
_OWNER = "SANBAO_TEST_OWNER"


def pytest_addoption(parser):
    words = "which databases to test on; dealt: each test on one of them by its name, those about databases on both"
    parser.addoption("--db", choices=(*KINDS, "both", "dealt"), default="dealt", help=words)
    words = "a page of three in one look; or all in every language, width and scheme, with their forms (ten minutes)"
    parser.addoption("--every-page", choices=("once", "full"), default="once", help=words)
    parser.addoption("--pictures", metavar="FOLDER", help="where the walk through every page keeps a picture of each")


def pytest_configure(config):
    midnight.pass_by(config)
    garbage.seldom()  # every application and house is a heap of cycles that lives long
    gc.disable()  # until all tests are collected
    network.close_the_door()
    quick.hash_cheaply()
    statements.compile_once()
    if not hasattr(config, "workerinput"):
        folder = tempfile.mkdtemp(prefix="sanbao-tests-", dir=quick.folder_in_memory())
        os.environ[_FOLDER], os.environ[_OWNER] = folder, str(os.getpid())
        os.environ.setdefault("SANBAO_HOME", str(Path(folder) / "home"))
    quick.keep_templates(os.environ[_FOLDER])


def pytest_collection_finish():
    garbage.all_is_loaded()
    gc.enable()


def pytest_unconfigure(config):
    if not hasattr(config, "workerinput") and os.environ.get(_OWNER) == str(os.getpid()):
        Databases(Path(os.environ[_FOLDER]), os.getpid()).close()


_PLACES = {"contract": 0, "scenario": 1, "browser": 1, "broken_plugins": 2, "service": 3, "unit": 4}
_LONG = ("test_demo", "test_every_page", "test_crashes", "test_newcomer", "test_complaints")


def pytest_collection_modifyitems(items):
    """Long modules first, so that at the end no process works on one alone; the suite that every plugin inherits among
    those that wait much for a browser or another process, so that both use a machine of two processors well.
    """
    here = Path(__file__).parent
    seen: dict[int, dict[str, int]] = {}

    def place(item) -> tuple[int, float]:
        group = _PLACES.get(item.path.relative_to(here).parts[0], 0) if here in item.path.parents else 0
        scopes = seen.setdefault(group, {})
        number = scopes.setdefault(item.nodeid.rsplit("::", 1)[0], len(scopes))
        if group > 1:
            return group, number
        return 1, 3 * number if group == 0 else 1 + 1.5 * number

    def first(item) -> int:
        return _LONG.index(item.path.stem) if item.path.stem in _LONG else len(_LONG)

    for item in items:
        if "browser" in item.fixturenames:
            item.add_marker(pytest.mark.browser)
    items.sort(key=first)
    items.sort(key=place)


def pytest_generate_tests(metafunc):
    if "database_kind" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("--db")
        kinds = {"both": KINDS, "dealt": _dealt(metafunc)}.get(chosen, [chosen])
        if metafunc.definition.get_closest_marker("writers_at_once"):  # which SQLite knows not
            kinds = [] if chosen == "sqlite" else ["postgresql"]
        metafunc.parametrize("database_kind", kinds, indirect=True, scope="session")


ON_BOTH = {
    "test_backup", "test_core_clocks", "test_core_flow", "test_core_scope", "test_core_worker", "test_core_writing",
    "test_crashes", "test_imports", "test_imports_together", "test_no_lost_update", "test_one_supplier_list",
    "test_row_security", "test_search", "test_upkeep",
}  # fmt: skip
"""Tests of transactions, locks, deliveries and what each kind of database does in its own way."""
ON_BOTH_NAMES = {
    "test_eight_writers_on_the_same_parts_never_promise_or_give_out_what_is_not_there",
    "test_migrations_lead_from_nothing_to_the_models_and_back",
    "test_random_operations_agree_with_a_model_of_dictionaries",
    "test_whoever_is_killed_at_whatever_moment_the_book_adds_up",
}


def _dealt(metafunc) -> Sequence[str]:
    """The kinds of database that a test runs on by default: what it proves hangs on none, or one of both by its name.

    All on both would take longer than anybody waits for; ``--db both`` does it. One of four goes to PostgreSQL, where a
    test with a database of its own takes nearly three times as long.
    """
    from tests.contract.conftest import BEHIND_THE_SECOND_WALL, HANG_ON_NO_DATABASE

    name = metafunc.function.__name__
    if metafunc.definition.get_closest_marker("one_database") or name in HANG_ON_NO_DATABASE | BEHIND_THE_SECOND_WALL:
        return KINDS[:1]
    if Path(metafunc.module.__file__).stem in ON_BOTH or name in ON_BOTH_NAMES:
        return KINDS
    return [KINDS[zlib.crc32(metafunc.definition.nodeid.encode()) % 4 == 1]]


@pytest.fixture(autouse=True)
def _nobody_rests():
    """A hook that failed in tests before, on purpose or for want of a request, is asked again."""
    hooks.rest.failures.clear()
    hooks.rest.until.clear()


@pytest.fixture(autouse=True)
def _own_language():
    """Each test begins in the product's default language, whatever a request of the test before spoke."""
    set_locale(DEFAULT_LOCALE)


# --- databases ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def databases(request) -> Iterator[Databases]:
    """Makes databases for this test run; most tests want ``database_url``."""
    carry = request.config.getoption("--db") == "dealt"
    made = Databases(Path(os.environ[_FOLDER]), int(os.environ[_OWNER]), carry=carry)
    yield made
    made.leave()


@pytest.fixture(scope="session")
def database_kind(request, databases) -> str:
    """``sqlite`` or ``postgresql``: a test that uses it, or any fixture below, runs once on each."""
    reason = databases.why_not(request.param)
    if reason:
        requirements.lacking(reason)
    return request.param


@pytest.fixture(scope="module")
def make_database(databases, database_kind) -> Iterator[Callable[..., str]]:
    """``make_database(template="migrated", prepare=migrate)`` → the address of a new database for this module."""
    made: list[str] = []

    def make(template: str = "migrated", prepare=migrate) -> str:
        made.append(databases.create(database_kind, template, prepare))
        return made[-1]

    yield make
    for url in made:
        databases.drop(url)


@pytest.fixture
def database_url(databases, database_kind) -> Iterator[str]:
    """The address of a migrated database that only this test sees."""
    url = databases.create(database_kind)
    yield url
    databases.drop(url)


@pytest.fixture
def empty_database_url(databases, database_kind) -> Iterator[str]:
    """The address of a database without a table."""
    url = databases.create(database_kind, "empty", leave_empty)
    yield url
    databases.drop(url)


@pytest.fixture(scope="session")
def registry():
    """What the core and all installed plugins declare, loaded once."""
    return installed()


# --- the application ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def application(registry) -> Application:
    """``with application.on(url) as app``: the application, made once, on a database; for fixtures of a module."""
    return Application(registry)


@pytest.fixture
def app(application, database_url, tmp_path, monkeypatch):
    """The application on a database of its own, with its files in a folder of its own."""
    monkeypatch.setenv("SANBAO_HOME", str(tmp_path))
    with application.on(database_url) as app:
        yield app


@pytest.fixture
def hashing_as_delivered():
    """For tests of the passwords' hashes: they cost what they cost outside the tests."""
    with quick.hashing_as_delivered():
        yield


@pytest.fixture
def client(app):
    """Sends requests to ``app`` without a server."""
    return app.test_client()


@pytest.fixture
def live_server(app) -> Iterator[str]:
    """The address at which ``app`` is served to a browser."""
    with serve(app) as address:
        yield address


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """A mail server that keeps what it is sent: ``mailbox.host``, ``.port``, ``.messages``."""
    with mail_server() as box:
        yield box


@pytest.fixture(scope="session")
def sanbao_data() -> Path:
    """The folder of real data files."""
    found = requirements.real_data()
    if isinstance(found, str):
        requirements.lacking(found)
    return found


# --- the browser ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def browser():
    """Chromium, started once for the test run."""
    program = requirements.chromium()
    if program is None:
        requirements.lacking("no browser (apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    profile = tempfile.mkdtemp(prefix="sanbao-browser-")
    with sync_playwright() as playwright, pytest.MonkeyPatch.context() as patch:
        read_whole_documents(patch)
        chromium = playwright.chromium.launch(
            executable_path=program, args=list(ARGUMENTS), env={**os.environ, "HOME": profile}
        )
        yield chromium
        chromium.close()
    shutil.rmtree(profile, ignore_errors=True)


@pytest.fixture
def viewport(request) -> str:
    """``desktop`` (1440 × 900) or ``phone`` (390 × 844)."""
    return getattr(request, "param", "desktop")


@pytest.fixture
def language(request) -> str:
    """What the browser asks for: ``zh`` or ``en``."""
    return getattr(request, "param", "zh")


@pytest.fixture
def scheme(request) -> str:
    """``light`` or ``dark``."""
    return getattr(request, "param", "light")


@pytest.fixture
def new_context(browser, viewport, language, scheme):
    """``new_context(**more)`` → one person's browser: its own cookies, no requests to other machines."""
    opened = []

    def make(**more):
        context = browser.new_context(
            viewport=VIEWPORTS[viewport], has_touch=viewport == "phone", locale=LANGUAGES[language],
            color_scheme=scheme, timezone_id="Asia/Shanghai", reduced_motion="reduce", **more,
        )
        context.set_default_timeout(20_000)
        opened.append(context)
        return context

    yield make
    for context in opened:
        context.close()


@pytest.fixture
def page_errors(request) -> Iterator[PageErrors]:
    """Collects errors on pages and fails the test for them; ``@pytest.mark.page_errors("pattern")`` lets some pass."""
    marks = request.node.iter_markers("page_errors")
    errors = PageErrors(allowed=tuple(pattern for mark in marks for pattern in mark.args))
    yield errors
    assert errors.found == []


@pytest.fixture
def page(new_context, page_errors):
    """A page of a fresh browser; script errors, CSP refusals and missing files on it fail the test."""
    opened = new_context().new_page()
    page_errors.watch(opened)
    return opened
