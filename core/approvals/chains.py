"""Which approvals a transition needs: one decision table per workflow, made from the workflow itself.

The table has an input for the transition, the record's organisation unit, the amount and the asker's roles, and those
that the workflow adds (``fact_columns``, filled by ``facts``). Every row that fits is one step. It is
shipped without a row: nothing needs an approval until a company says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from core.approvals.models import HOLDERS, SCOPES
from core.companies.models import UNIT_KINDS, OrgUnit
from core.context import Ctx
from core.db import plain
from core.decisions.store import Ruling, compiled_version, install_table, rule, version_in_force
from core.errors import Conflict
from core.i18n import N_, _, both, label
from core.notifications import role_name
from core.registry import Registry, TableDef
from core.standing import standing

ASKER = "asker_roles"
"""The one input that says nothing about the record: who carries the transition out may be somebody else."""

_UNIT_WORDS = {
    "headquarters": N_("headquarters"),
    "centre": N_("service centre"),
    "agent": N_("agent"),
    "department": N_("department"),
}
_SCOPE_WORDS = {
    "unit": N_("the record's unit"),
    "parent": N_("the unit above it"),
    "headquarters": N_("headquarters"),
    "company": N_("the whole company"),
}
_HOLDER_WORDS = {"one": N_("one of them"), "all": N_("all of them")}
_LIMIT_UNITS = {
    "working_hours": N_("working hours"),
    "working_days": N_("working days"),
    "elapsed_hours": N_("hours"),
    "calendar_days": N_("calendar days"),
}


def table_name(kind: str) -> str:
    """The name of the approval table of a kind of record."""
    return f"{kind}.approvals"


def declare_tables(registry: Registry) -> None:
    """One table per workflow, owned by the workflow's plugin: it comes and goes with the module."""
    for kind, workflow in registry.workflows.items():
        owner = registry.owner_of("workflows", kind)
        name = table_name(kind)
        shipped = TableDef(name, N_("Approvals"), _loader(registry, kind, workflow), "core.rules.edit")
        registry.declare(owner, "tables", name, shipped)


def install_tables(ctx: Ctx, plugin: str) -> None:
    """Give the company the approval tables of a plugin's workflows, unless it has them."""
    for kind in ctx.registry.workflows:
        if ctx.registry.owner_of("workflows", kind) == plugin:
            name = table_name(kind)
            install_table(ctx, name, ctx.registry.tables[name].load(), plugin=plugin)


def _loader(registry: Registry, kind: str, workflow):
    def load() -> dict:
        what = registry.kinds[kind].label if kind in registry.kinds else kind
        named = both(what)
        return {
            "name": table_name(kind),
            "label": {loc: text.format(what=named[loc]) for loc, text in both(N_("Approvals: {what}")).items()},
            "description": both(N_("Every row that fits is one step; without one nothing has to be approved.")),
            "hit_policy": "collect",
            "refer": both(N_("No approval is needed")),
            "inputs": [
                _choice("transition", N_("Transition"), {t.name: t.label for t in workflow.transitions}),
                *fact_inputs(workflow),
                {"name": ASKER, "label": both(N_("Roles of the asker")), "type": "str", "optional": True,
                 "description": both(N_("Codes between bars: contains |agent|"))},
            ],
            "outputs": [
                {"name": "step", "label": both(N_("Step")), "type": "int"},
                {"name": "role", "label": both(N_("Role that approves")), "type": "str", "of": "roles",
                 "description": both(N_("Code of a role"))},
                _choice("scope", N_("Of which unit"), {s: _SCOPE_WORDS[s] for s in SCOPES}),
                _choice("holders", N_("Who of them"), {h: _HOLDER_WORDS[h] for h in HOLDERS}),
                {"name": "limit", "label": both(N_("Time limit")), "type": "decimal", "required": False},
                {**_choice("limit_unit", N_("Counted in"), _LIMIT_UNITS), "required": False},
                {"name": "warn", "label": both(N_("Reminder at")), "type": "decimal", "required": False,
                 "description": both(N_("Share of the time limit, such as 0.5"))},
                {"name": "escalate_to", "label": both(N_("Told when late")), "type": "str", "of": "roles",
                 "required": False, "description": both(N_("Code of a role"))},
                {"name": "own", "label": both(N_("Askers may approve their own")), "type": "bool", "required": False},
            ],
            "rows": [],
        }  # fmt: skip

    return load


def fact_inputs(workflow) -> list[dict]:
    """The inputs that tables about records with this workflow have: unit, amount, and what the workflow adds."""
    return [
        {"name": "amount", "label": both(N_("Amount")), "type": "decimal", "optional": True},
        {
            "name": "unit",
            "label": both(N_("Organisation unit")),
            "type": "str",
            "of": "units",
            "optional": True,
            "description": both(N_("Code of the record's organisation unit")),
        },
        _choice("unit_kind", N_("Kind of unit"), _UNIT_WORDS, optional=True),
        *(_column(column) for column in workflow.fact_columns),
    ]


def _column(declared: Mapping[str, Any]) -> dict:
    """A column of a workflow, its message ids put into both languages."""
    column = {**declared, "label": both(declared["label"])}
    if "choices" in declared:
        column["choices"] = [{"value": value, "label": both(text)} for value, text in declared["choices"].items()]
    return column


def _choice(name: str, label: str, words: Mapping[str, str], **more: Any) -> dict:
    choices = [{"value": value, "label": both(text)} for value, text in words.items()]
    return {"name": name, "label": both(label), "type": "choice", "choices": choices, **more}


# --- which chain a case needs ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class StepPlan:
    """One step as the table says it, with the unit that its scope means for this record."""

    number: int
    role: str
    scope: str
    holders: str
    unit_id: int | None
    limit: str = ""
    limit_unit: str = ""
    warn: str = ""
    escalate_to: str = ""
    own: bool = False


def has_table(ctx: Ctx, kind: str) -> bool:
    """Whether the company's table of this kind says anything: most say nothing, and then nothing more is asked."""
    if not standing(ctx, "decision_versions").get(table_name(kind)):
        return False
    version = version_in_force(ctx, table_name(kind), ctx.today)
    return bool(compiled_version(ctx, version.id).table.rows)


def was_used(ctx: Ctx, kind: str) -> bool:
    """Whether there may be requests of this kind: the company has published a table of its own at some time."""
    return len(standing(ctx, "decision_versions").get(table_name(kind), ())) > 1


def decide(ctx: Ctx, record, transition: str, *, keep: bool = False) -> Ruling | None:
    """What the company's table says about this transition of this record; None when the table is empty.

    ``keep`` stores the decision on the record.
    """
    kind = ctx.registry.kind_of(type(record))
    if kind not in ctx.registry.workflows or not has_table(ctx, kind):
        return None
    return rule(ctx, table_name(kind), facts_of(ctx, record, transition), record=record if keep else None)


def facts_of(ctx: Ctx, record, transition: str) -> dict[str, Any]:
    """The facts of a case: the core's own, and what the workflow says about the record."""
    workflow = ctx.registry.workflows[ctx.registry.kind_of(type(record))]
    unit = _unit(ctx, getattr(record, "unit_id", None))
    facts: dict[str, Any] = {"amount": None}
    if workflow.facts is not None:
        facts |= workflow.facts(ctx, record, transition)
    return {
        **{name: _shortest(value) for name, value in facts.items()},
        "transition": transition,
        "unit": unit.code if unit else None,
        "unit_kind": unit.kind if unit else None,
        ASKER: "".join(f"|{code}" for code in sorted(ctx.actor.roles)) + "|" if ctx.actor.roles else None,
    }


def _shortest(value: Any) -> Any:
    """A number as ``plain`` writes it: 600.0000 read from the database is the 600 that was decided on."""
    return Decimal(plain(value)) if isinstance(value, Decimal) else value


def about_record(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts that must still be so when the approval is used: all but those of the asker."""
    return {name: plain(value) for name, value in facts.items() if name != ASKER}


def same_case(stored: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether a record is still the case that was put before the approvers."""
    before, after = about_record(stored), about_record(now)
    return all(after.get(name) == value for name, value in before.items())


def steps_of(ctx: Ctx, record, ruling: Ruling | None) -> list[StepPlan]:
    """The chain in order: by step, then by row; the same step named twice is one."""
    if ruling is None:
        return []
    plans: list[StepPlan] = []
    seen = set()
    for out in sorted(ruling.decision.all_outputs, key=lambda out: int(str(out["step"]))):
        same = (out["step"], out["role"], out["scope"])
        if same not in seen:
            seen.add(same)
            plans.append(_plan(ctx, record, out, len(plans) + 1))
    return plans


def _plan(ctx: Ctx, record, out: Mapping[str, Any], number: int) -> StepPlan:
    timed = out.get("limit") and out.get("limit_unit")
    return StepPlan(
        number=number,
        role=str(out["role"]),
        scope=str(out["scope"]),
        holders=str(out["holders"]),
        unit_id=_scope_unit(ctx, getattr(record, "unit_id", None), str(out["scope"])),
        limit=plain(out["limit"]) if timed else "",
        limit_unit=str(out["limit_unit"]) if timed else "",
        warn=plain(out["warn"]) if timed and out.get("warn") else "",
        escalate_to=str(out.get("escalate_to") or ""),
        own=bool(out.get("own")),
    )


def _unit(ctx: Ctx, unit_id: int | None) -> OrgUnit | None:
    return ctx.session.get(OrgUnit, unit_id) if unit_id else None


def _scope_unit(ctx: Ctx, unit_id: int | None, scope: str) -> int | None:
    """The unit in which the holders of a step are sought; None is the whole company. No unit means headquarters."""
    if scope == "company":
        return None
    if scope != "headquarters" and unit_id:
        unit = _unit(ctx, unit_id)
        if scope == "unit" or unit is None or unit.parent_id is None:
            return unit_id
        return unit.parent_id
    head = sa.select(OrgUnit.id).where(OrgUnit.kind == UNIT_KINDS[0]).order_by(OrgUnit.id).limit(1)
    found = ctx.session.scalar(head)
    if found is None:
        raise Conflict("no_headquarters", _("This company has no headquarters; the approval rules name it."))
    return found


def step_words(ctx: Ctx, plan: Any) -> str:
    """Who is to approve a step: the role, and the unit where it is not the whole company."""
    role = label(role_name(ctx, plan.role))
    unit = _unit(ctx, plan.unit_id)
    return _("{role} of {unit}", role=role, unit=unit.name) if unit else role


