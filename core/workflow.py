"""States and transitions: one table per kind of record, gates that must be satisfied, waivers on record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core import hooks
from core.approvals import services as approvals
from core.checklists import services as checklists
from core.context import Ctx
from core.errors import Conflict, Invalid
from core.events import emit
from core.hooks import Gate
from core.i18n import _


@dataclass(frozen=True)
class State:
    """A state of a record: ``label`` is a message id; ``final`` ones have no way on but a reopening."""

    name: str
    label: str
    icon: str = "circle-dot"
    final: bool = False


@dataclass(frozen=True)
class Transition:
    """A way from one of ``sources`` to ``target``; ``permission`` is needed, ``gates`` are this plugin's own
    conditions.

    Each gate is ``gate(ctx, record) -> list[Gate]``; other plugins add theirs by the hook ``check_transition``.
    """

    name: str
    label: str
    sources: tuple[str, ...]
    target: str
    permission: str
    reason_required: bool = False
    gates: tuple[Callable[[Ctx, Any], list[Gate]], ...] = ()


@dataclass(frozen=True)
class Workflow:
    """The life of one kind of record. Its ``state`` attribute holds the name of a State.

    Every workflow has a table of approvals (``core.approvals``). ``fact_columns`` are inputs that it has beside the
    core's, as in a table's file, but with a message id as ``label`` and ``choices`` as value → message id.
    ``facts(ctx, record, transition)`` answers them, ``amount`` (a Decimal), and ``title``, which says what the record
    is about; ``transition`` is empty where none is meant.
    """

    kind: str
    states: tuple[State, ...]
    transitions: tuple[Transition, ...]
    fact_columns: tuple[Mapping[str, Any], ...] = ()
    facts: Callable[[Ctx, Any, str], Mapping[str, Any]] | None = None

    def state(self, name: str) -> State:
        """The state of that name; KeyError if there is none."""
        for state in self.states:
            if state.name == name:
                return state
        raise KeyError(name)

    def transition(self, name: str) -> Transition:
        """The transition of that name; KeyError if there is none."""
        for transition in self.transitions:
            if transition.name == name:
                return transition
        raise KeyError(name)

    def problems(self) -> list[str]:
        """What is wrong with the table itself: unknown states, states that can't be reached or left."""
        names = {s.name for s in self.states}
        wrong = []
        for t in self.transitions:
            wrong += [f"{t.name}: unknown state {s!r}" for s in (*t.sources, t.target) if s not in names]
        reached = {self.states[0].name} | {t.target for t in self.transitions}
        left = {s for t in self.transitions for s in t.sources}
        wrong += [f"state {s.name!r} can't be reached" for s in self.states if s.name not in reached]
        wrong += [f"state {s.name!r} can't be left" for s in self.states if s.name not in left and not s.final]
        return wrong


def possible(ctx: Ctx, workflow: Workflow, record) -> list[Transition]:
    """The transitions that lead on from the record's state and that this person may take (gates not yet asked)."""
    return [t for t in workflow.transitions if record.state in t.sources and ctx.can(t.permission)]


def gates(ctx: Ctx, transition: Transition, record) -> list[Gate]:
    """Every condition of a transition, open ones first: the plugin's own and those of other enabled plugins."""
    found = [gate for own in transition.gates for gate in own(ctx, record)]
    found += hooks.require_all(ctx, "check_transition", record=record, transition=transition.name)
    found += checklists.gate(ctx, record, transition.name)
    found += approvals.gate(ctx, record, transition.name)
    return sorted(found, key=lambda g: not g.open)


def advance(
    ctx: Ctx, workflow: Workflow, record, name: str, *, reason: str = "", waive: Mapping[str, str] | None = None
) -> Transition:
    """Move a record through a transition: right state, right person, no open gate that wasn't waived with a reason.

    ``waive`` maps gate keys to reasons and needs ``core.gates.waive``; each waiver is an event of its own. The caller
    emits the event of the transition itself. Raises Conflict (wrong state, open gates in ``details["gates"]``),
    Forbidden, Invalid (a reason is missing). Nothing is changed then; when only an approval is lacking, it is asked
    for.
    """
    transition = workflow.transition(name)
    ctx.require(transition.permission)
    if record.state not in transition.sources:
        raise Conflict(
            "wrong_state",
            _(
                "“{action}” is not possible now: it is {state}.",
                action=_(transition.label),
                state=_(workflow.state(record.state).label),
            ),
        )
    if transition.reason_required and not reason.strip():
        raise Invalid("reason_needed", _("Give a reason."), "reason")
    waivers = {k: v.strip() for k, v in (waive or {}).items() if v.strip()}
    open_gates = [g for g in gates(ctx, transition, record) if g.open]
    if waivers and open_gates:
        ctx.require("core.gates.waive")
    left = [g for g in open_gates if g.key not in waivers or not g.waivable]
    if [g.key for g in left] == [approvals.GATE]:
        raise approvals.ask_instead(ctx, record, name, reason)
    if left:
        raise Conflict(
            "gates_open",
            _(
                "“{action}” is not possible yet: {missing}.",
                action=_(transition.label),
                missing=_("; ").join(g.text for g in left),
            ),
            gates=left,
        )
    for gate in open_gates:
        emit(
            ctx, "core.gate_waived", record, gate=gate.text, key=gate.key, plugin=gate.plugin, reason=waivers[gate.key]
        )
    approvals.passed(ctx, record, name, transition.target)
    record.state = transition.target
    return transition
