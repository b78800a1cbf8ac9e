"""What is compiled of a rule table is kept by the process, and never outlives a transaction that was rolled back."""

from __future__ import annotations

from contextlib import suppress

import pytest

from core.db import transaction
from core.decisions import store
from core.decisions.store import compiled_in_force, publish, save_draft, table_named, versions_of


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation.office("acme")


def furnish(installation):
    installation.company("acme", modules=("complaints",), locale="en")


def put(ctx, name: str, label: str) -> int:
    """Publish a version of a table with another name; answers its id."""
    body = {**versions_of(ctx, table_named(ctx, name))[-1].body, "label": {"en": label, "zh": label}}
    save_draft(ctx, name, body, reason="test", effective_from=ctx.today)
    return publish(ctx, name).id


def label(ctx, name: str) -> str:
    return compiled_in_force(ctx, name).table.label["en"]


def test_a_version_that_was_rolled_back_decides_nothing_under_the_number_that_another_table_gets(office):
    ctx = office.system()
    with suppress(KeyError), transaction(ctx):
        rolled_back = put(ctx, "complaints.silence", "Never was")
        assert label(ctx, "complaints.silence") == "Never was"
        raise KeyError
    ctx = office.system()
    assert label(ctx, "complaints.silence") == "Silence that closes a complaint"
    with transaction(ctx):
        number = put(ctx, "complaints.limits", "Limits")
        assert label(ctx, "complaints.limits") == "Limits"
    if office.installation.engine.dialect.name == "sqlite":
        assert number == rolled_back, "else this proves nothing"
    assert label(office.system(), "complaints.limits") == "Limits"


def test_a_version_that_is_in_force_is_compiled_once(office, monkeypatch):
    with transaction(ctx := office.system()):
        put(ctx, "complaints.limits", "Limits")
        label(ctx, "complaints.limits")
    monkeypatch.setattr(store, "compile_table", lambda _body: pytest.fail("compiled again"))
    assert label(office.system(), "complaints.limits") == "Limits"
