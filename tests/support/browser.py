"""A real browser: how it is started, what counts as an error on a page, and the accessibility check."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import wraps

VIEWPORTS = {"desktop": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
LANGUAGES = {"zh": "zh-CN", "en": "en-GB"}
LIKE_THOSE_ABOVE = tuple(f"{rows}:nth-child(n+7)" for rows in ("tbody > tr", "main ul > li", "main ol > li"))
"""Rows of a list below the sixth."""
AXE_TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")


_READ_AT_ONCE = ("all", "all_inner_texts", "all_text_contents", "count", "evaluate_all", "is_hidden", "is_visible")


def read_whole_documents(patch) -> None:
    """Let what a locator reads at once wait until its document has come in whole.

    After a click that leads elsewhere the next document is there from its first byte on: rows counted then are some of
    its rows. ``patch`` is pytest's ``MonkeyPatch``. What a script adds later still wants ``expect(…)``.
    """
    from playwright.sync_api import Locator

    def waiting(read):
        @wraps(read)
        def read_when_whole(locator, *args, **named):
            locator.page.wait_for_load_state("domcontentloaded")
            return read(locator, *args, **named)

        return read_when_whole

    for name in _READ_AT_ONCE:
        patch.setattr(Locator, name, waiting(getattr(Locator, name)))


@dataclass
class PageErrors:
    """What went wrong on a page: script errors, refused scripts or styles, missing files.

    The status of the page itself is no error here: a test may well visit a 404.
    """

    allowed: tuple[str, ...] = ()
    documents: set[str] = field(default_factory=set)
    found: list[str] = field(default_factory=list)

    def watch(self, page) -> None:
        """Collect what ``page`` reports from now on."""
        page.on("response", self._response)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self._add(f"script error: {error}"))

    def _response(self, response) -> None:
        if response.request.is_navigation_request():
            self.documents.add(response.url)
        elif response.status >= 400:
            self._add(f"{response.status}: {response.request.method} {response.url}")

    def _console(self, message) -> None:
        # A failed file is reported by _response, with its status.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self._add(f"console: {message.text}")

    def _add(self, text: str) -> None:
        if not any(re.search(pattern, text) for pattern in self.allowed):
            self.found.append(text)


def accessibility_violations(
    page,
    tags: Iterable[str] = AXE_TAGS,
    *,
    rules: Iterable[str] = (),
    without: Iterable[str] = (),
    within: str | None = None,
) -> list[str]:
    """Each violation that axe-core finds on the page as it stands, or ``within`` a part: rule, what it means, where.

    ``rules`` (axe's names) are looked at instead of those with a tag, and those ``without`` not at all. Of a long list
    it looks at the first rows: those below are like them, and take most of its time.
    """
    from axe_playwright_python.base import AXE_SCRIPT

    # without preload: axe asks for a style sheet's imports at addresses that are relative to the page
    chosen = {"type": "rule", "values": list(rules)} if rules else {"type": "tag", "values": list(tags)}
    left_out = {name: {"enabled": False} for name in without}
    wanted = {"runOnly": chosen, "rules": left_out, "resultTypes": ["violations"], "preload": False}
    where = {"include": [[within or "html"]], "exclude": [[selector] for selector in LIKE_THOSE_ABOVE]}
    if not page.evaluate("'axe' in window"):
        page.evaluate(f"if (!window.axe) {{ {AXE_SCRIPT} }}")
    found = page.evaluate("([where, how]) => axe.run(where, how).then(all => all.violations)", [where, wanted])
    return [
        f"{each['id']}: {each['help']}: {node['target']} {node['html'][:160]}"
        for each in found
        for node in each["nodes"]
    ]
