"""A company's own rows in the approval table of a kind of record, for tests."""

from __future__ import annotations

from core.approvals.chains import table_name
from core.decisions.store import draft_of, latest_published, publish, save_draft, table_named


def step(number: int, role: str, scope: str = "company", *, when: dict | None = None, **more) -> dict:
    """A row: one step of a chain."""
    return {"when": when or {}, "then": {"step": number, "role": role, "scope": scope, "holders": "one", **more}}


def rows(ctx, kind: str, *found: dict) -> None:
    """Publish these rows as the company's rules, in force from today."""
    table = table_named(ctx, table_name(kind))
    assert draft_of(ctx, table) is None
    body = {**latest_published(ctx, table).body, "rows": list(found)}
    save_draft(ctx, table.name, body, reason="test", effective_from=ctx.today)
    publish(ctx, table.name)
