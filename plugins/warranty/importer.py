"""Loading proofs of dates, meter readings and repairs of units from files, each row as if it were typed in."""

from __future__ import annotations

from collections.abc import Callable
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
    label,
    use_locale,
)
from plugins.base import queries as base_queries
from plugins.warranty.contracts import (
    DATED_EVENTS,
    REPAIR_CAUSE_WORDS,
    REPAIR_RESULT_WORDS,
    START_WORDS,
    PartChange,
    ProofData,
    ReadingData,
    RepairData,
)
from plugins.warranty.models import MeterReading, RepairRecord, UnitDate
from plugins.warranty.queries.periods import Choices, meter_kinds, proof_kinds
from plugins.warranty.services.evidence import known_keys, record_proof
from plugins.warranty.services.meters import read_meter
from plugins.warranty.services.repairs import record_repair

_KEY = Field(
    "external_key", N_("Key at the source"), required=True, longest=120,
    synonyms=("id", "no", "number", "编号", "序号", "单号", "流水号"),
)  # fmt: skip
_UNIT = (
    Field("serial", N_("Serial number"), required=True, longest=80,
          synonyms=("序列号", "出厂编号", "机号", "sn", "serial no", "imei")),
    Field("product_code", N_("Product code"), longest=60, synonyms=("产品编码", "型号编码", "sku", "product")),
)  # fmt: skip
DATE_FIELDS = (
    _KEY,
    *_UNIT,
    Field("event", N_("Event"), required=True, synonyms=("事件", "日期类型", "起算事件")),
    Field("day", N_("Date"), "date", required=True, synonyms=("日期", "发生日期", "on")),
    Field("source", N_("Proof"), required=True, synonyms=("凭证", "凭证类型", "依据")),
    Field("document", N_("Number of the document"), longest=80, synonyms=("凭证号", "发票号", "单据号", "invoice")),
    Field("note", N_("Note"), "text", synonyms=("备注", "remark")),
)
READING_FIELDS = (
    _KEY,
    *_UNIT,
    Field("kind", N_("Meter"), required=True, synonyms=("表", "计量", "用量类型")),
    Field("value", N_("Reading"), "decimal", required=True, synonyms=("读数", "里程", "小时数", "odometer", "hours")),
    Field("day", N_("Date"), "date", required=True, synonyms=("日期", "读数日期", "read on")),
)
REPAIR_FIELDS = (
    _KEY,
    *_UNIT,
    Field("problem", N_("What was faulty"), required=True, longest=200, synonyms=("故障", "故障现象", "问题", "fault")),
    Field("cause", N_("Cause"), synonyms=("原因", "故障原因")),
    Field("received_at", N_("Came in"), "moment", required=True, synonyms=("送修时间", "送修日期", "received")),
    Field("handed_back_at", N_("Given back"), "moment", synonyms=("交还时间", "交验时间", "修好日期", "returned")),
    Field("waits_from", N_("Waited for parts from"), "moment", synonyms=("待件开始", "缺件开始")),
    Field("waits_to", N_("Waited for parts until"), "moment", synonyms=("待件结束", "到件时间")),
    Field("result", N_("Result"), synonyms=("结果", "维修结果")),
    Field("parts", N_("Parts exchanged"), "list", synonyms=("更换零件", "更换部件", "零部件", "parts")),
    Field("repairer", N_("Repaired by"), longest=120, synonyms=("维修人", "维修者", "技师", "technician")),
    Field("note", N_("Note"), "text", synonyms=("备注", "remark", "处理情况")),
)


def _load(ctx: Ctx, rows: list[ImportRow], model: Any, add: Callable[[Ctx, dict[str, Any]], object]) -> Loaded:
    """Add the rows whose key is new, each undone by itself when it can't be: its reason is told."""
    known = known_keys(ctx, model, [row.values["external_key"] for row in rows])
    fresh = [row for row in rows if row.values["external_key"] not in known]
    bad: list[RowProblem] = []
    for row in fresh:
        try:
            with ctx.session.begin_nested():
                add(ctx, dict(row.values))
                ctx.session.flush()
        except DomainError as error:
            bad.append(RowProblem(row.line, error.field or "", error.message))
    return Loaded(len(fresh) - len(bad), len(rows) - len(fresh), tuple(bad))


def _unit(ctx: Ctx, v: dict[str, Any]) -> int:
    unit = base_queries.unit_by_serial(ctx, v["serial"], v.get("product_code") or "")
    if unit is None:
        text = _("There is not exactly one unit with the serial number {serial}. Load the units first, or give the "
                 "product's code too.", serial=v["serial"])  # fmt: skip
        raise Invalid("unknown_unit", text, "serial")
    return unit.id


def _code(value: str | None, choices: Choices, field: str) -> str:
    """A choice by its code or by its name in either language; Invalid for another."""
    for code, text in choices:
        if value is not None and value.strip() in (code, text["en"], text["zh"]):
            return code
    allowed = ", ".join(label(text) for _code_, text in choices)
    raise Invalid("bad_choice", _("“{value}” is not one of: {allowed}.", value=value, allowed=allowed), field)


def _choices(words: dict[str, str]) -> Choices:
    found: Choices = []
    for code, text in words.items():
        with use_locale("en"):
            english = _(text)
        with use_locale("zh"):
            found.append((code, {"en": english, "zh": _(text)}))
    return found


def load_dates(ctx: Ctx, rows: list[ImportRow]) -> Loaded:
    """Add proofs of dates of units."""
    return _load(ctx, rows, UnitDate, _add_date)


def _add_date(ctx: Ctx, v: dict[str, Any]) -> None:
    events = _choices({code: START_WORDS[code] for code in DATED_EVENTS})
    record_proof(
        ctx,
        ProofData(
            _unit(ctx, v), _code(v["event"], events, "event"), v["day"], _code(v["source"], proof_kinds(ctx), "source"),
            v.get("document") or "", v.get("note") or "", v["external_key"],
        ),
    )  # fmt: skip


def load_readings(ctx: Ctx, rows: list[ImportRow]) -> Loaded:
    """Add meter readings; one that would have the meter run backwards is told."""
    return _load(ctx, sorted(rows, key=lambda row: row.values["day"]), MeterReading, _add_reading)


def _add_reading(ctx: Ctx, v: dict[str, Any]) -> None:
    kind = _code(v["kind"], meter_kinds(ctx), "kind")
    read_meter(ctx, ReadingData(_unit(ctx, v), kind, v["value"], v["day"], "import", external_key=v["external_key"]))


def load_repairs(ctx: Ctx, rows: list[ImportRow]) -> Loaded:
    """Add repairs to the register."""
    return _load(ctx, rows, RepairRecord, _add_repair)


def _add_repair(ctx: Ctx, v: dict[str, Any]) -> None:
    given = v.get("result")
    result = _code(given, _choices(REPAIR_RESULT_WORDS), "result") if given else ""
    if not result and v.get("handed_back_at"):
        result = "repaired"
    parts = tuple(_part(text) for text in v.get("parts") or () if text.strip())
    record_repair(
        ctx,
        RepairData(
            _unit(ctx, v),
            v["problem"],
            v["received_at"],
            v.get("handed_back_at"),
            _code(v["cause"], _choices(REPAIR_CAUSE_WORDS), "cause") if v.get("cause") else "",
            v.get("waits_from"),
            v.get("waits_to"),
            parts=parts,
            result=result,
            repairer=v.get("repairer") or "",
            note=v.get("note") or "",
            external_key=v["external_key"],
        ),
    )


def _part(text: str) -> PartChange:
    """``engine: cylinder head`` is a part with its group."""
    group, colon, name = text.replace("：", ":").partition(":")
    return PartChange(name.strip(), group.strip()) if colon else PartChange(text.strip())


IMPORTERS = (
    Importer(
        "warranty_dates", N_("Proofs of dates of units"), DATE_FIELDS, load_dates, "warranty.date.edit",
        endpoint="warranty.units_list",
    ),
    Importer(
        "warranty_readings", N_("Meter readings"), READING_FIELDS, load_readings, "warranty.meter.read",
        endpoint="warranty.readings_list",
    ),
    Importer(
        "warranty_repairs", N_("Repair register"), REPAIR_FIELDS, load_repairs, "warranty.repair.record",
        endpoint="warranty.repairs_list",
    ),
)  # fmt: skip
