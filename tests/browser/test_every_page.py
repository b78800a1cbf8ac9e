"""Every page of a company: accessible, in one language, no wider than the screen, without an error.

The suite looks at one page of three, each in a look dealt to it: Chinese or English, by day or by night, at a desk or
on a phone; so that over these pages each of the eight occurs. All of them in all eight, and each form sent empty::

    .venv/bin/pytest --db sqlite tests/browser/test_every_page.py --every-page full --pictures /tmp/pages

takes some ten minutes where nothing else runs. ``--pictures`` keeps a picture of each page in each look.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from tests.support.server import serve
from tests.support.walk import LOOKS, Walk, dealt, in_every_look

_NO_IMPORT = "the demonstration imports nothing; a test in the browser of its own does (test_setting_up)"
NEVER_REACHED = {
    "files.content": "an answer to a download, no page",
    "imports.bad_rows": _NO_IMPORT,
    "imports.import_page": _NO_IMPORT,
    "imports.of_task": _NO_IMPORT,
    "imports.report": _NO_IMPORT,
    "mail.mail_page": "the demonstration has no mail server and writes to nobody",
    "merging.undo_page": "nothing is merged in the demonstration",
    "rules.trial": "runs a trial over past cases, which a test of its own does",
    "warranty.redecided_page": "no rule has changed so that all cases were decided again",
}
"""Page → why no link of the demonstration leads to it."""


@pytest.fixture(scope="module")
def site(databases, application, tmp_path_factory) -> Iterator[SimpleNamespace]:
    """The demonstration, served."""
    folder = tmp_path_factory.mktemp("every-page")
    databases.demonstration(folder)
    accounts = json.loads((folder / "demo-accounts.json").read_text())
    url = f"sqlite:///{folder / 'sanbao.db'}"
    engine = sa.create_engine(url)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SANBAO_HOME", str(folder))
        with application.on(url) as app, serve(app) as address:
            known = {"app": app, "registry": application.registry, "address": address, "accounts": accounts}
            yield SimpleNamespace(**known, engine=engine)
    engine.dispose()


def test_every_page_is_accessible_translated_and_no_wider_than_the_screen(site, new_context, request):
    full = request.config.getoption("--every-page") == "full"
    pictures = request.config.getoption("--pictures")
    if pictures:
        Path(pictures).mkdir(parents=True, exist_ok=True)
    context = new_context(bypass_csp=True)
    context.set_default_timeout(60_000)
    looks = in_every_look if full else dealt
    walk = Walk(site, context.new_page(), looks, forms=full, pictures=Path(pictures) if pictures else None)
    walk.sign_in()
    walk.everywhere()
    assert walk.found == [], "\n".join(walk.found)
    assert walk.given == set(LOOKS)
    if full:
        assert sorted(walk.never_seen() - NEVER_REACHED.keys()) == []
