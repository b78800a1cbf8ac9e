"""Steps of a plugin's workflows wait for what a company asks for: an approval by rule, a checklist that is complete."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import sqlalchemy as sa

from core.approvals import chains
from core.approvals.services import GATE, answer, ask, steps_listed, withdraw
from core.auth.models import User
from core.checklists import services as checklists
from core.context import Actor, Ctx
from core.db import transaction
from core.decisions.store import draft_of, latest_published, publish, save_draft, table_named
from core.events import RecordRef
from core.registry import Registry
from core.testing_suite.base import SuiteBase
from core.testing_suite.house import House
from core.workflow import Transition, gates

CODE = "of_the_suite"
_APPROVAL = {"step": 1, "role": "administrator", "scope": "company", "holders": "one"}


class _Undone(Exception):
    """Ends a transaction of which nothing is to be kept."""


class WaitSuite(SuiteBase):
    """Tried with a record of the demonstration for each step that leads on from its state; nothing of it is kept."""

    def _by_kind(self, ctx: Ctx, registry: Registry) -> Iterator[tuple[str, list[tuple[Any, Transition]]]]:
        """(kind, [(a record, a step that it may take)]), for each step of the plugin's workflows."""
        for kind, workflow in registry.workflows.items():
            if registry.owner_of("workflows", kind) != self.plugin or kind not in registry.kinds:
                continue
            model: Any = registry.kinds[kind].model
            found = []
            for step in workflow.transitions:
                query = sa.select(model).where(model.state.in_(step.sources)).order_by(model.id).limit(1)
                record = ctx.session.scalars(query).first()
                if record is not None:
                    found.append((record, step))
            if found:
                yield kind, found

    def test_every_step_waits_for_the_approval_that_a_company_asks_for(self, house: House, registry: Registry):
        ctx = house.office().system()
        asker, boss = (ctx.as_actor(_member(ctx, f"{name}@north.example")) for name in ("reader", "boss"))
        with suppress(_Undone), transaction(ctx):
            for kind, steps in self._by_kind(ctx, registry):
                for record, step in steps:
                    assert _of(ctx, step, record, GATE) == [], f"{kind}: {step.name} waits although nobody asked for it"
                _rows(ctx, chains.table_name(kind), _APPROVAL)
                for record, step in steps:
                    assert _of(ctx, step, record, GATE) == [True], f"{kind}: {step.name} doesn't wait"
                    approval = ask(asker, RecordRef(kind, record.id), step.name)
                    (one,) = steps_listed(ctx, approval.id)
                    answer(boss, approval.id, one.id, approves=True)
                    assert _of(ctx, step, record, GATE) == [False], f"{kind}: {step.name} waits once it is approved"
                    withdraw(asker, approval.id, "The next step is tried.")
            raise _Undone

    def test_every_step_waits_for_a_checklist_that_a_company_asks_for(self, house: House, registry: Registry):
        ctx = house.office().system()
        with suppress(_Undone), transaction(ctx):
            for number, (kind, steps) in enumerate(self._by_kind(ctx, registry)):
                code = f"{CODE}_{number}"
                item = {"code": "seen", "text": {"en": "Seen", "zh": "看过"}, "type": "yes_no"}
                names = [step.name for _record, step in steps]
                body = {"name": {"en": "Of the suite", "zh": "试"}, "gates": names, "items": [item]}
                checklists.publish_checklist(ctx, code, kind, body, reason="suite")
                _rows(ctx, checklists.table_name(kind), {"checklist": code})
                waiting = [(r, s) for r, s in steps if not registry.workflows[kind].state(r.state).final]
                key = f"core.checklist.{code}"
                for record, step in waiting:
                    assert _of(ctx, step, record, key) == [True], f"{kind}: {step.name} doesn't wait"
                for record_id in {record.id for record, _step in waiting}:
                    checklists.save_answers(ctx, RecordRef(kind, record_id), code, [checklists.Given("seen", "yes")])
                for record, step in waiting:
                    assert _of(ctx, step, record, key) == [False], f"{kind}: {step.name} waits once it is complete"
            raise _Undone


def _member(ctx: Ctx, email: str) -> Actor:
    account = ctx.session.scalars(sa.select(User).where(User.email == email)).one()
    return Actor(account.id, account.name, frozenset(ctx.registry.permissions))


def _of(ctx: Ctx, step: Transition, record: Any, key: str) -> list[bool]:
    """Whether the conditions of that key are open, for a step of a record."""
    ctx.session.flush()
    return [gate.open for gate in gates(ctx, step, record) if gate.key == key]


def _rows(ctx: Ctx, name: str, *then: dict[str, Any]) -> None:
    """The company's rules from now on: rows that fit every case."""
    table = table_named(ctx, name)
    assert draft_of(ctx, table) is None
    published = latest_published(ctx, table)
    assert published is not None
    body = {**published.body, "rows": [{"when": {}, "then": each} for each in then]}
    save_draft(ctx, name, body, reason="suite", effective_from=ctx.today)
    publish(ctx, name)
