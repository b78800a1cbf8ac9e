"""Loading complaints from files: routed, judged and timed as if they had come in one by one, in few statements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.api import (
    N_,
    ClockStart,
    Ctx,
    DomainError,
    Field,
    Importer,
    ImportRow,
    Loaded,
    OrgUnit,
    RecordRef,
    RowProblem,
    Ruling,
    _,
    bulk_insert,
    emit_many,
    get_setting,
    keep_many,
    next_numbers,
    rule,
    start_clocks,
)
from plugins.complaints import queries, rules
from plugins.complaints.contracts import ANSWER, CHANNEL_WORDS, COMPLAINT, RELAY, SOLUTION
from plugins.complaints.life import OPEN
from plugins.complaints.models import KINDS, NEVER, Complaint, Handover, Reply

FIELDS = (
    Field(
        "external_key",
        N_("Key at the source"),
        required=True,
        longest=150,
        synonyms=("编号", "id", "no", "投诉编号", "complaint id", "工单号"),
    ),
    Field("source", N_("Source"), longest=60),
    Field("kind", N_("Kind")),
    Field("channel", N_("Channel")),
    Field(
        "received_at",
        N_("Received"),
        "moment",
        required=True,
        synonyms=("日期", "收到日期", "投诉日期", "投诉时间", "date", "date received", "created"),
    ),
    Field("relayed_at", N_("Passed on at"), "moment"),
    Field("replied_at", N_("Answered"), "moment", synonyms=("答复日期", "答复时间", "replied")),
    Field("answered_in_time", N_("Answered in time, as the source says"), "bool"),
    Field("closed", N_("Closed"), "bool"),
    Field("closed_at", N_("Closed at"), "moment", synonyms=("结案日期", "closed date")),
    Field("outcome", N_("Outcome")),
    Field("outcome_text", N_("Result in words"), "text"),
    Field("reply_text", N_("Answer in words"), "text"),
    Field("subject", N_("Subject"), required=True, longest=200, synonyms=("标题", "主题", "title", "issue")),
    Field(
        "text", N_("What the customer says"), "text", synonyms=("投诉内容", "内容", "描述", "description", "narrative")
    ),
    Field("category", N_("Category"), longest=80, synonyms=("投诉类别", "product")),
    Field("nature", N_("Nature"), longest=120),
    Field("severity", N_("Severity")),
    Field("injury", N_("Somebody was hurt"), "bool"),
    Field("in_batch", N_("Several pieces of a batch"), "bool"),
    Field("unusable", N_("Can't be used"), "bool"),
    Field("region", N_("Region"), longest=80, synonyms=("省份", "state", "city")),
    Field("person_name", N_("Name"), longest=120, synonyms=("姓名", "客户", "投诉人", "customer")),
    Field("person_phone", N_("Phone"), longest=60, synonyms=("联系电话", "手机", "tel", "mobile")),
    Field("tags", N_("Tags"), "list"),
)


@dataclass
class _Case:
    """A good row on its way to becoming a complaint."""

    row: ImportRow
    columns: dict[str, Any]
    judged: Ruling
    routed: Ruling | None
    missing: str = ""
    subject_id: int = 0


@dataclass(frozen=True)
class _Offered:
    """What the company's tables and settings allow, read once per batch."""

    allowed: dict[str, frozenset[str]]
    units: dict[str, OrgUnit]
    headquarters: int | None


def load(ctx: Ctx, rows: list[ImportRow]) -> Loaded:
    """Add the complaints of a batch that are good and new (see ``core.transfer.Importer``)."""
    known = queries.known_keys(ctx, [_key(r) for r in rows])
    fresh = [r for r in rows if _key(r) not in known]
    offered = _offered(ctx)
    cases: list[_Case] = []
    bad: list[RowProblem] = []
    for row in fresh:
        problems = _problems(ctx, row, offered)
        if not problems:
            try:
                cases.append(_case(ctx, row, offered))
                continue
            except DomainError as error:
                problems = [RowProblem(row.line, error.field or "", error.message)]
        bad += problems
    _write(ctx, cases)
    notes: dict[str, int] = {}
    for case in cases:
        if case.missing:
            text = _("Not routed: department “{code}” is missing here", code=case.missing)
            notes[text] = notes.get(text, 0) + 1
    return Loaded(len(cases), len(rows) - len(fresh), tuple(bad), notes)


COMPLAINTS = Importer(
    "complaints", N_("Complaints and suggestions"), FIELDS, load, OPEN, endpoint="complaints.complaints_list"
)


def _key(row: ImportRow) -> str:
    """The key is that of the source; two sources may use the same one."""
    source = row.values.get("source")
    return f"{source}:{row.values['external_key']}"[:160] if source else str(row.values["external_key"])


def _offered(ctx: Ctx) -> _Offered:
    def values(table: str, column: str) -> frozenset[str]:
        return frozenset(c.value for c in queries.choices(ctx, table, column))

    units = {u.code: u for u in ctx.session.scalars(sa.select(OrgUnit).where(OrgUnit.active.is_(True)))}
    headquarters = queries.headquarters(ctx)
    return _Offered(
        {
            "kind": frozenset(KINDS),
            "channel": frozenset(CHANNEL_WORDS),
            "category": values("complaints.routing", "category"),
            "severity": values("complaints.severity", "severity"),
            "outcome": frozenset(c.value for c in queries.outcomes(ctx)),
        },
        units,
        headquarters.id if headquarters else None,
    )


def _problems(ctx: Ctx, row: ImportRow, offered: _Offered) -> list[RowProblem]:
    """Everything that makes the row impossible, field by field."""
    found = []
    values = row.values
    for name, allowed in offered.allowed.items():
        value = values.get(name)
        if value and allowed and value not in allowed:
            words = {"value": value, "allowed": ", ".join(sorted(allowed))}
            text = _("“{value}” is not one of: {allowed}.", **words)
            if name == "category":
                text = _(
                    "“{value}” is not among the company's categories: {allowed}. Load a routing table that offers it: "
                    "sanbao import rules FILE",
                    **words,
                )
            found.append(RowProblem(row.line, name, text, str(value)))
    received = values["received_at"]
    if received > ctx.now:
        found.append(RowProblem(row.line, "received_at", _("It lies in the future."), received.isoformat()))
    for name in ("relayed_at", "replied_at", "closed_at"):
        moment = values.get(name)
        if moment is not None and moment < received:
            text = _("It lies before the complaint was received.")
            found.append(RowProblem(row.line, name, text, moment.isoformat()))
    if values.get("closed"):
        for name in ("closed_at", "outcome"):
            if not values.get(name):
                found.append(RowProblem(row.line, name, _("A closed complaint needs it.")))
    return found


def _case(ctx: Ctx, row: ImportRow, offered: _Offered) -> _Case:
    columns = _columns(row)
    judged = rule(
        ctx,
        "complaints.severity",
        rules.severity_facts(
            injury=columns["injury"],
            in_batch=columns["in_batch"],
            unusable=columns["unusable"],
            repeats=0,
            kind=columns["kind"],
            category=columns["category"],
        ),
    )
    decided = str((judged.outputs or {}).get("severity") or "minor")
    columns["severity"] = row.values.get("severity") or decided
    columns["severity_by_hand"] = columns["severity"] != decided
    case = _Case(row, columns, judged, None)
    if columns["category"]:
        case.routed = rule(ctx, "complaints.routing", rules.routing_facts(_Facts(columns), ""))
        _place(case, offered)
    return case


class _Facts:
    """Columns with the attributes of a complaint, for the pure rules."""

    def __init__(self, columns: dict[str, Any]):
        self.__dict__.update(columns)


def _columns(row: ImportRow) -> dict[str, Any]:
    v = row.values
    closed = bool(v.get("closed"))
    replied = v.get("replied_at") or (v.get("closed_at") if closed else None)
    phone = v.get("person_phone") or ""
    return {
        "kind": v.get("kind") or "complaint",
        "channel": v.get("channel") or "other",
        "received_at": v["received_at"],
        "person_name": v.get("person_name") or "",
        "person_phone": phone,
        "phone_reversed": rules.reversed_digits(phone),
        "subject": v["subject"],
        "text": v.get("text") or "",
        "category": v.get("category") or "",
        "nature": v.get("nature") or "",
        "region": v.get("region") or "",
        "injury": v.get("injury"),
        "in_batch": v.get("in_batch"),
        "unusable": v.get("unusable"),
        "repeats": 0,
        "state": "closed" if closed else "replied" if replied else "received",
        "is_open": not closed,
        "routing": "",
        "routing_note": "",
        "unit_id": None,
        "assignee_id": None,
        "accepted_at": v.get("relayed_at") or replied,
        "findings": "",
        "replied_at": replied,
        "outcome": (v.get("outcome") or "") if closed else "",
        "outcome_text": v.get("outcome_text") or "",
        "closed_at": v.get("closed_at") if closed else None,
        "urgent_at": NEVER,
        "source": v.get("source") or "",
        "external_key": _key(row),
        "tags": v.get("tags") or [],
        "version": 1,
    }


def _place(case: _Case, offered: _Offered) -> None:
    """Set department and routing state, as ``services.opening`` does for one complaint."""
    assert case.routed is not None
    out = dict(case.routed.outputs or {})
    code = str(out.get("department") or "")
    unit = offered.units.get(code)
    case.missing = code if code and unit is None else ""
    case.columns.update(
        unit_id=unit.id if unit else offered.headquarters,
        routing="routed" if unit else ("missing" if code else "referred"),
        routing_note=str(out.get("note") or "")[:200] if unit else code,
        state="in_progress" if case.columns["state"] == "received" else case.columns["state"],
    )


# --- writing --------------------------------------------------------------------------------------------------------


def _write(ctx: Ctx, cases: list[_Case]) -> None:
    if not cases:
        return
    numbers = next_numbers(ctx, COMPLAINT, get_setting(ctx, "complaints.pattern"), len(cases))
    refs = [RecordRef(COMPLAINT, i) for i in _insert(ctx, cases, numbers)]
    decisions = [(case.judged, ref) for case, ref in zip(cases, refs, strict=True)]
    routed = [(case, ref) for case, ref in zip(cases, refs, strict=True) if case.routed is not None]
    ids = keep_many(ctx, [*decisions, *((case.routed, ref) for case, ref in routed if case.routed)])
    _hands(ctx, routed, ids[len(decisions) :])
    _replies(ctx, list(zip(cases, refs, strict=True)))
    emit_many(
        ctx,
        [
            ("complaints.imported", ref, {"number": number, "subject": case.columns["subject"], "line": case.row.line})
            for case, ref, number in zip(cases, refs, numbers, strict=True)
        ],
    )


def _insert(ctx: Ctx, cases: list[_Case], numbers: list[str]) -> list[int]:
    """Rows first without their most urgent deadline, which the clocks tell; then that, for the open ones."""
    rows = [{**case.columns, "number": number} for case, number in zip(cases, numbers, strict=True)]
    ids = bulk_insert(ctx, Complaint, rows, returning=Complaint.id)
    starts: list[ClockStart] = []
    for case, complaint_id in zip(cases, ids, strict=True):
        starts += _starts(ctx, case, RecordRef(COMPLAINT, complaint_id))
    urgent: dict[int, Any] = {}
    for start, clock in zip(starts, start_clocks(ctx, starts), strict=True):
        if clock["state"] == "running":
            known = urgent.get(start.record.id)
            urgent[start.record.id] = min(known, clock["due_at"]) if known else clock["due_at"]
    _set_urgency(ctx, urgent)
    return ids


def _set_urgency(ctx: Ctx, urgent: dict[int, Any]) -> None:
    """One statement for every distinct deadline: few, because rows of a file share days."""
    by_moment: dict[Any, list[int]] = {}
    for complaint_id, moment in urgent.items():
        by_moment.setdefault(moment, []).append(complaint_id)
    for moment, ids in by_moment.items():
        ctx.session.execute(
            sa.update(Complaint)
            .where(Complaint.id.in_(ids))
            .values(urgent_at=moment)
            .execution_options(synchronize_session=False)
        )


def _starts(ctx: Ctx, case: _Case, ref: RecordRef) -> list[ClockStart]:
    """Its three clocks, running or stopped as the file says; passing on ends at the answer at the latest."""
    columns, values = case.columns, case.row.values
    at = columns["received_at"]
    facts = rules.limit_facts(_Facts(columns), at.astimezone(ctx.tz).date())
    relayed = rules.earliest([values.get("relayed_at"), columns["replied_at"], columns["closed_at"]], NEVER)
    in_time = values.get("answered_in_time") if columns["replied_at"] is not None else None
    return [
        ClockStart(ref, RELAY, facts, at, None if relayed == NEVER else relayed),
        ClockStart(ref, ANSWER, facts, at, columns["replied_at"], in_time),
        ClockStart(ref, SOLUTION, facts, at, columns["closed_at"]),
    ]


def _hands(ctx: Ctx, routed: list[tuple[_Case, RecordRef]], decision_ids: list[int]) -> None:
    bulk_insert(
        ctx,
        Handover,
        [
            {
                "complaint_id": ref.id,
                "verb": "routed",
                "to_unit_id": case.columns["unit_id"],
                "reason": "",
                "decision_id": decision_id,
                "at": ctx.now,
                "by_id": ctx.actor.user_id,
                "by_name": ctx.actor.name,
            }
            for (case, ref), decision_id in zip(routed, decision_ids, strict=True)
        ],
    )


def _replies(ctx: Ctx, cases: list[tuple[_Case, RecordRef]]) -> None:
    bulk_insert(
        ctx,
        Reply,
        [
            {
                "complaint_id": ref.id,
                "text": case.row.values["reply_text"],
                "channel": case.columns["channel"],
                "sent_at": case.columns["replied_at"],
                "by_id": None,
                "by_name": case.columns["source"],
            }
            for case, ref in cases
            if case.row.values.get("reply_text") and case.columns["replied_at"] is not None
        ],
    )
