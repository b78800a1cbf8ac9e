"""A walk through every page of a company in a browser: found by the routes and by the links on pages, none is named.

A module's menu, settings, lists, records and forms are walked as soon as it is installed and in the demonstration.
"""

from __future__ import annotations

import logging
import re
import zlib
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import sqlalchemy as sa
from playwright.sync_api import Error
from werkzeug.exceptions import HTTPException

from core import i18n
from core.db import Base
from core.testing_suite.walking import ADMIN_BY_ID, company_routes, pages_without_arguments
from core.testing_suite.wording import CHINESE
from tests.support.browser import LANGUAGES, VIEWPORTS, PageErrors, accessibility_violations

COMPANY = "hefeng"
log = logging.getLogger(__name__)


class Look(NamedTuple):
    """How a page is looked at."""

    language: str
    scheme: str
    viewport: str

    def __str__(self) -> str:
        return "-".join(self)


LOOKS = tuple(Look(*each) for each in product(LANGUAGES, ("light", "dark"), VIEWPORTS))


OF = 3
"""The suite looks at one page of so many."""


def dealt(endpoint: str) -> tuple[Look, ...]:
    """One look for a page of three, none for the others: the same in every run, whatever other pages there are."""
    number, look = divmod(zlib.crc32(endpoint.encode()), len(LOOKS))
    return () if number % OF else (LOOKS[look],)


def in_every_look(_endpoint: str) -> tuple[Look, ...]:
    """All of them."""
    return LOOKS


TOO_WIDE = """() => document.documentElement.scrollWidth <= innerWidth ? '' :
    [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1)
    .slice(0, 3).map(e => e.outerHTML.slice(0, 80)).join(' ') || 'wider than the screen'"""
EMPTY = " sent empty"
LIKE_DATA = 3
"""A Chinese word as short as this may be what the company itself calls a thing."""
READ = """() => {
    const links = [...document.querySelectorAll('main a[href]')].map(a => a.href);
    const twice = [...document.querySelectorAll('[id]')].map(e => e.id).filter((id, at, all) => all.indexOf(id) !== at);
    // what stood in a column and what stands there now may be codes of the company's own: of a checklist's item, say;
    // so may what a row of a list is called
    const silent = '.chgs ins, .chgs del, script, style, template, textarea, svg, code, kbd, .mono, td.id, .hint, ' +
        '[hidden], [lang]:not(html)';
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
    while (walker.nextNode()) {
        const text = walker.currentNode.nodeValue.trim().replace(/\\s+/g, ' ');
        if (text && !walker.currentNode.parentElement.closest(silent)) found.push(text);
    }
    for (const name of ['title', 'aria-label', 'placeholder', 'alt'])
        for (const e of document.querySelectorAll(`[${name}]`))
            if (!e.closest('[lang]:not(html)')) found.push(e.getAttribute(name));
    return {links, twice, shown: [...new Set(found)]};
}"""
"""Where links lead, ids that stand twice, and every text of a page."""
LIKE_THOSE_ABOVE = """() => {
    document.querySelectorAll('tbody, main ul, main ol').forEach(
        list => [...list.children].slice(4).forEach(row => row.remove()));
    scrollTo(0, 0);
}"""
"""Rows like those above them prove nothing new, and take long to look at. What is wrong with a form has the focus, and
its head line would lie under the bar.
"""
SEND_EMPTY = """form => {
    form.noValidate = true;
    for (const e of form.querySelectorAll('[required]'))
        if (['checkbox', 'radio'].includes(e.type)) e.checked = false; else e.value = '';
    form.requestSubmit(form.querySelector('button:not([type=button])'));
}"""


def _typed(engine: sa.Engine) -> set[str]:
    """Every text that stands in a column: what people typed, or are meant to have typed, stays in their language."""
    found: set[str] = set()
    with engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            texts = [c for c in table.c if isinstance(c.type, sa.String)]
            if texts and not table.name.startswith("core_search") and sa.inspect(engine).has_table(table.name):
                for row in connection.execute(sa.select(*texts)):
                    found.update(text for text in row if text)
    return found


class Walk:
    """A person's way through a company, who reads each page."""

    def __init__(self, site: SimpleNamespace, page: Any, looks: Any, *, forms: bool, pictures: Path | None = None):
        self.site, self.page, self.looks, self.forms, self.pictures = site, page, looks, forms, pictures
        self.errors = PageErrors()
        self.errors.watch(page)
        self.base = f"{site.address}/c/{COMPANY}"
        self.person = f"admin@{COMPANY}.example"
        self.map = site.app.url_map.bind("localhost")
        chinese = {k: v for k, v in i18n._catalogue("zh").items() if isinstance(k, str) and CHINESE.search(v)}
        english = {v for v in chinese.values() if len(v) > LIKE_DATA} - _typed(site.engine)
        self.foreign = {"zh": set(chinese), "en": english}
        self.seen: dict[str, str] = {}
        self.given: set[Look] = set()
        self.found: list[str] = []
        self.framed: set[Look] = set()
        self.language = ""
        self.worn = Look("", "", "")

    def sign_in(self) -> None:
        """As the company's administrator, who may open every page."""
        self.page.goto(f"{self.site.address}/login")
        self.page.fill("input[name=email]", self.person)
        self.page.fill("input[name=password]", self.site.accounts[self.person])
        self.page.press("input[name=password]", "Enter")
        self.page.wait_for_url(f"{self.base}/")

    def everywhere(self) -> None:
        """Visit each module's pages that need no argument, those that a link leads to, and a record of each kind."""
        ways: deque[tuple[str, str, bool]] = deque()
        for plugin in ("core", *self.site.registry.plugins):
            pages = pages_without_arguments(self.site, plugin)
            ways.extend((r.endpoint, self.base + self.map.build(r.endpoint), False) for r in pages)
        ways.extend((endpoint, self.base + path, True) for endpoint, path in self._records())
        while ways:
            endpoint, address, linked = ways.popleft()
            if endpoint not in self.seen:
                links = self._visit(endpoint, address, linked)
                if links is not None:
                    self.seen[endpoint] = address
                    ways.extend((found, link, True) for found, link in links)

    def _records(self) -> Iterator[tuple[str, str]]:
        """(endpoint, path) of the newest record of each kind: to some no link leads from where one comes by."""
        with self.site.engine.connect() as connection:
            company = connection.scalar(sa.text("select id from core_company where code = :c"), {"c": COMPANY})
            for kind in self.site.registry.kinds.values():
                table = kind.model.__table__
                if not kind.endpoint or "company_id" not in table.c:
                    continue
                number = connection.scalar(sa.select(sa.func.max(table.c.id)).where(table.c.company_id == company))
                if number is not None:
                    yield kind.endpoint, self.map.build(kind.endpoint, {"record_id": number})

    def speak(self, language: str) -> None:
        """The person reads in this language from now on."""
        if language != self.language:
            with self.site.engine.begin() as connection:
                change = sa.text("update core_user set locale = :l where email = :e")
                connection.execute(change, {"l": language, "e": self.person})
            self.language = language

    def put_on(self, look: Look) -> None:
        """By day or by night, at a desk or on a phone."""
        if look.scheme != self.worn.scheme:
            self.page.emulate_media(color_scheme=look.scheme, reduced_motion="reduce")
        if look.viewport != self.worn.viewport:
            self.page.set_viewport_size(VIEWPORTS[look.viewport])
        self.worn = look

    def _visit(self, endpoint: str, address: str, linked: bool) -> list[tuple[str, str]] | None:
        """The links of a page, which was looked at; None where there was none to look at."""
        links: list[tuple[str, str]] = []
        looks = self.looks(endpoint)
        if not looks:
            return []
        for language in dict.fromkeys(look.language for look in looks):
            spoken = [look for look in looks if look.language == language]
            self.speak(language)
            self.put_on(spoken[0])
            try:
                answer = self.page.goto(address)
            except Error as error:
                if "Download is starting" not in error.message:
                    raise
                return []
            if answer.status in (403, 404) and not linked:
                return None  # a page that needs what stands in a link, or a list to which nothing is added by hand
            if answer.status != 200:
                self.found.append(f"{endpoint}: {answer.status} {address}")
                return []
            links += [way for way in map(self._leads_to, self.look(endpoint, spoken)) if way]
            form = self.page.locator("main form[method=post]:has([required]):visible").first if self.forms else None
            if form is not None and form.count() and not endpoint.startswith("security"):
                with self.page.expect_navigation():
                    form.evaluate(SEND_EMPTY)
                self.look(f"{endpoint}{EMPTY}", spoken)
        return links

    def _leads_to(self, link: str) -> tuple[str, str] | None:
        if not link.startswith(self.base):
            return None
        try:
            endpoint, _arguments = self.map.match(re.split("[?#]", link.removeprefix(self.base))[0] or "/")
        except HTTPException:
            return None
        link = link.partition("#")[0]  # below its head line a page would lie under the bar
        return (endpoint, link) if endpoint not in self.seen and not endpoint.endswith("static") else None

    def look(self, what: str, looks: Sequence[Look]) -> list[str]:
        """Note what is wrong with the page as it stands, in each of these looks, of one language; answers its links."""
        read = self.page.evaluate(READ)
        found = [f"id {name} twice" for name in read["twice"]]
        found += [f"not translated: {text[:80]!r}" for text in read["shown"] if self._raw(text)]
        for look in looks:
            self.put_on(look)
            found += [f"{look}: too wide: {w}" for w in [self.page.evaluate(TOO_WIDE)] if w]
            if self.pictures is not None:
                self.page.screenshot(path=self.pictures / f"{what.replace(' ', '-')}-{look}.png", full_page=True)
        self.page.evaluate(LIKE_THOSE_ABOVE)
        for look in looks:
            self.put_on(look)
            found += [f"{look}: {each}" for each in self._accessibility(what, look)]
        found += self.errors.found
        self.errors.found.clear()
        self.given.update(looks)
        self.found += [f"{what} ({looks[0].language}): {each}" for each in found]
        log.info("%s %s %s", what, looks[0].language, found)
        return read["links"]

    def _accessibility(self, what: str, look: Look) -> list[str]:
        """Everything by day; by night colours alone can be wrong, and those of a refused form were seen before."""
        part = "main" if look in self.framed else None
        self.framed.add(look)  # the side bar and the head are the same on every page
        if look.scheme == "light":
            return accessibility_violations(self.page, within=part, without=() if self.forms else ("color-contrast",))
        if what.endswith(EMPTY):
            return []
        return accessibility_violations(self.page, rules=["color-contrast"], within=part)

    def _raw(self, text: str) -> bool:
        """Words of the other language, or what only the program calls so: ``in_progress``, ``{number}``."""
        if text in self.foreign[self.language]:
            return True
        return bool(re.search(r"\b[a-z]+(_[a-z]+)+\b|\{[a-z_]+\}", text))

    def never_seen(self) -> set[str]:
        """Pages that no link led to."""
        return {
            route.endpoint
            for plugin in ("core", *self.site.registry.plugins)
            for route in company_routes(self.site.app, plugin)
            if route.method == "GET" and not route.endpoint.endswith(("ajax_lookup", ".export"))
            and not (route.is_admin and route.tail in {*ADMIN_BY_ID, "create_view"})
        } - self.seen.keys()
