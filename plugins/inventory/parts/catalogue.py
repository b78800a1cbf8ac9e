"""The catalogue: parts, units of measure, substitutes, bills of parts, batches."""

from __future__ import annotations

from core.api import N_, EventKind, Permission, RecordKind, RoleDef
from plugins.inventory import columns, finding
from plugins.inventory.contracts import BATCH, MEASURE, PART, SERIAL
from plugins.inventory.models import Batch, Cost, Measure, Part, PartMeasure, PartProduct, Serial, Substitute

_SEE = ("inventory.part.view",)
_KEEP = (*_SEE, "inventory.part.edit", "inventory.batch.edit")
_ALL = (*_KEEP, "inventory.batch.hold")

PERMISSIONS = (
    Permission("inventory.part.view", N_("See parts, their substitutes and what they fit")),
    Permission("inventory.part.edit", N_("Change parts, units of measure, substitutes and bills of parts")),
    Permission("inventory.batch.edit", N_("Correct batches: numbers and dates")),
    Permission("inventory.batch.hold", N_("Hold batches and release them")),
)
SETTINGS = ()


def record_kinds():
    see = "inventory.part.view"
    return [
        RecordKind(
            PART, Part, N_("Part"), lambda p: p.code, "inventory.part_page", see, found=finding.PARTS, icon="cog",
            parts=(PartMeasure, Substitute, PartProduct, Cost),
        ),
        RecordKind(
            BATCH, Batch, N_("Batch"), lambda b: b.number, "inventory.batch_page", see, found=finding.BATCHES,
            icon="layers",
        ),
        RecordKind(SERIAL, Serial, N_("Serial number"), lambda s: s.number, "", see, icon="barcode"),
        RecordKind(
            MEASURE, Measure, N_("Unit of measure"), lambda m: m.code, "inventory.measure_page", see, icon="ruler"
        ),
    ]  # fmt: skip


def column_words():
    return [columns.WORDS]


def event_kinds():
    return [
        EventKind("inventory.measure_saved", N_("Unit of measure “{name}” ({code}) saved"), "ruler"),
        EventKind("inventory.part_saved", N_("Part {code} {name} saved"), "cog"),
        EventKind("inventory.pack_saved", N_("{code}: one {pack} is {factor} {unit}"), "package"),
        EventKind("inventory.pack_dropped", N_("{code}: a unit of measure was taken out"), "package-x"),
        EventKind("inventory.substitute_added", N_("{other} may be used instead of {code}"), "repeat-2"),
        EventKind("inventory.substitute_dropped", N_("{code}: a substitute was taken out"), "x"),
        EventKind("inventory.bill_saved", N_("{code} is a part of {product}"), "list-tree"),
        EventKind("inventory.bill_dropped", N_("{code} was taken out of a bill of parts"), "x"),
        EventKind("inventory.batch_changed", N_("Batch {number} of {part} corrected"), "pencil"),
        EventKind("inventory.batch_held", N_("Batch {number} of {part} held: {reason}"), "octagon-pause"),
        EventKind("inventory.batch_released", N_("Batch {number} of {part} released: {reason}"), "circle-play"),
    ]


def default_roles():
    return [
        RoleDef("administrator", {"en": "Administrator", "zh": "管理员"}, _ALL),
        RoleDef("manager", {"en": "Manager", "zh": "主管"}, _ALL),
        RoleDef("general_manager", {"en": "General manager", "zh": "总经理"}, _SEE),
        RoleDef("storekeeper", {"en": "Storekeeper", "zh": "仓管员"}, _KEEP),
        RoleDef("quality", {"en": "Quality", "zh": "质量员"}, (*_SEE, "inventory.batch.hold")),
        RoleDef("dispatcher", {"en": "Dispatcher", "zh": "调度员"}, _SEE),
        RoleDef("technician", {"en": "Technician", "zh": "技师"}, _SEE),
        RoleDef("agent", {"en": "Call agent", "zh": "坐席"}, _SEE),
    ]


def lists():
    from plugins.inventory.lists.catalogue import BATCHES, MEASURES, PARTS

    return [PARTS, BATCHES, MEASURES]


def menu():
    from core.web_api import MenuItem

    return [MenuItem("parts", N_("Parts"), "inventory.parts_list", "cog", 20)]
