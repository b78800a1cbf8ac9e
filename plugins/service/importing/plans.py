"""Loading preventive plans from files."""

from __future__ import annotations

import re
from typing import Any

from core.api import (
    N_,
    Ctx,
    DomainError,
    Field,
    Importer,
    ImportRow,
    Invalid,
    Loaded,
    RowProblem,
    _,
    checklists_for,
)
from plugins.base import queries as base_queries
from plugins.service.contracts import ORDER
from plugins.service.plan_contracts import (
    CLOSED_WORDS,
    PERIOD_WORDS,
    PLAN_KIND_WORDS,
    RHYTHM_WORDS,
    CarePlanData,
)
from plugins.service.queries import plans as queries
from plugins.service.services.plans import EDIT_PLANS, save_plan

FIELDS = (
    Field("external_key", N_("Key at the source"), required=True, longest=100, synonyms=("计划编号", "plan no")),
    Field("name", N_("What is done"), required=True, longest=200, synonyms=("计划名称", "plan", "title")),
    Field("kind", N_("Kind"), longest=20, synonyms=("类型", "type")),
    Field("customer_number", N_("Number of the customer"), longest=60, synonyms=("客户编号", "customer no")),
    Field("serial", N_("Serial number"), longest=80, synonyms=("出厂编号", "机号", "serial no")),
    Field("rhythm", N_("Rhythm"), longest=20),
    Field("every", N_("Every"), "int", required=True, synonyms=("间隔", "interval")),
    Field("period", N_("Time unit"), longest=10, synonyms=("单位", "unit of time")),
    Field("starts_on", N_("From"), "date", required=True, synonyms=("开始日期", "start")),
    Field("ends_on", N_("Until"), "date", synonyms=("结束日期", "end")),
    Field("closed_days", N_("Days off move the visit"), longest=10),
    Field("lead_days", N_("Days ahead at which the order is opened"), "int", synonyms=("提前天数", "lead")),
    Field("checklist", N_("Checklist"), longest=200, synonyms=("检查表", "巡检表", "checklist of the round")),
    Field("places", N_("Places of the round"), "text", synonyms=("巡检点位", "点位", "places", "rooms")),
    Field("text", N_("In detail"), "text", synonyms=("说明", "备注", "note")),
)


def load(ctx: Ctx, rows: list[ImportRow]) -> Loaded:
    """Add the plans of a batch that are good and new (see ``core.transfer.Importer``)."""
    known = queries.known_keys(ctx, [str(r.values["external_key"]) for r in rows])
    fresh = [r for r in rows if r.values["external_key"] not in known]
    bad: list[RowProblem] = []
    for row in fresh:
        try:
            save_plan(ctx, _data(ctx, row.values))
        except DomainError as error:
            bad.append(RowProblem(row.line, error.field or "", error.message))
    return Loaded(len(fresh) - len(bad), len(rows) - len(fresh), tuple(bad))


def _checklist(ctx: Ctx, told: str) -> str:
    """The code of the checklist that a cell names by its code, or as the company calls it in either language."""
    if not told:
        return ""
    known = checklists_for(ctx, ORDER)
    if any(code == told for code, _name in known):
        return told
    called = [code for code, name in known if told.casefold() in (word.strip().casefold() for word in name.values())]
    if len(called) != 1:
        words = _("No checklist for inspections is called {name}, or several are.", name=told)
        raise Invalid("unknown_checklist", words, "checklist")
    return called[0]


def _places(told: str) -> str:
    """The places of a cell, one per line: it may separate them by semicolons, too."""
    return "\n".join(place.strip() for place in re.split(r"[\n\r;；]+", told) if place.strip())


def _data(ctx: Ctx, values: Any) -> CarePlanData:
    given = {f.name: str(values.get(f.name) or "").strip() for f in FIELDS}
    customer = device = None
    if given["customer_number"]:
        customer = base_queries.customer_by_number(ctx, given["customer_number"])
        if customer is None:
            words = _("There is no customer with the number {number}.", number=given["customer_number"])
            raise Invalid("unknown_customer", words, "customer_number")
    if given["serial"]:
        device = base_queries.unit_by_serial(ctx, given["serial"])
        if device is None:
            words = _("No unit, or several, have the serial number {serial}.", serial=given["serial"])
            raise Invalid("unknown_unit", words, "serial")
    lead = values.get("lead_days")
    return CarePlanData(
        name=given["name"],
        kind=given["kind"] or next(iter(PLAN_KIND_WORDS)),
        text=given["text"],
        customer_id=customer.id if customer else None,
        device_id=device.id if device else None,
        rhythm=given["rhythm"] or next(iter(RHYTHM_WORDS)),
        every=int(values["every"]),
        period=given["period"] or list(PERIOD_WORDS)[-1],
        starts_on=values["starts_on"],
        ends_on=values.get("ends_on"),
        closed_days=given["closed_days"] or next(iter(CLOSED_WORDS)),
        checklist=_checklist(ctx, given["checklist"]),
        places=_places(given["places"]),
        lead_days=int(lead) if lead is not None else CarePlanData.lead_days,
        external_key=given["external_key"],
    )


PLANS = Importer("plans", N_("Preventive plans"), FIELDS, load, EDIT_PLANS, endpoint="service.plans_list")
