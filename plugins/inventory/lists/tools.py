"""The lists of tools, custodies, kits, what is missing in kits, claims and kinds of tools, declared."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import (
    N_,
    ChoiceFilter,
    Ctx,
    DaysFilter,
    ListColumn,
    ListDef,
    ListLink,
    ListTab,
    Mark,
    NewRecord,
    PersonFilter,
    RecordFilter,
    UnitFilter,
    _,
    n_,
)
from plugins.inventory.models import Custody, Kit, KitLine, Tool, ToolClaim, ToolKind
from plugins.inventory.queries import kits as kit_queries
from plugins.inventory.queries import tools as queries
from plugins.inventory.queries.places import names_of, unit_names
from plugins.inventory.rules.tools import is_expired
from plugins.inventory.services.tool_claims import VIEW as SEE_CLAIMS
from plugins.inventory.services.tools import EDIT
from plugins.inventory.tool_contracts import (
    CLAIM_STATE_WORDS,
    CONDITION_WORDS,
    CUSTODY_STATE_WORDS,
    LOSS_WORDS,
    PURPOSE_WORDS,
    TOOL_STATE_WORDS,
)

VIEW = "inventory.tool.view"
_TOOL_MARKS = {
    "store": ("ok", "warehouse"), "offered": ("info", "hourglass"), "custody": ("info", "hand"),
    "repair": ("warn", "hammer"), "lost": ("bad", "circle-question-mark"), "retired": ("", "archive"),
}  # fmt: skip
_CUSTODY_MARKS = {
    "offered": ("warn", "hourglass"), "held": ("info", "hand"), "returned": ("ok", "undo-2"),
    "handed_on": ("", "forward"), "lost": ("bad", "circle-question-mark"), "declined": ("bad", "circle-x"),
    "withdrawn": ("", "undo-2"),
}  # fmt: skip
_CLAIM_MARKS = {
    "reported": ("warn", "circle-question-mark"), "decided": ("warn", "circle-dashed"), "approved": ("info", "coins"),
    "paid": ("ok", "circle-check"), "free": ("ok", "circle-check"), "waived": ("", "undo-2"),
}  # fmt: skip


def tool_mark(tool: Tool) -> Mark:
    """Where a tool is, in words with its colour."""
    return Mark(_(TOOL_STATE_WORDS[tool.state]), *_TOOL_MARKS[tool.state])


def custody_mark(row: Custody) -> Mark:
    """How a custody stands."""
    return Mark(_(CUSTODY_STATE_WORDS[row.state]), *_CUSTODY_MARKS[row.state])


def claim_mark(row: ToolClaim) -> Mark:
    """How a claim stands."""
    return Mark(_(CLAIM_STATE_WORDS[row.state]), *_CLAIM_MARKS[row.state])


def inspection_mark(tool: Tool, ctx: Ctx) -> Mark | None:
    """That an inspection has ended or ends soon; None while nothing is to be done."""
    if tool.inspect_by is None or tool.state in ("lost", "retired"):
        return None
    if is_expired(tool.inspect_by, ctx.today):
        return Mark(_("Inspection expired"), "bad", "badge-alert", tag=True)
    steps = queries.warn_days(ctx)
    if steps and (tool.inspect_by - ctx.today).days <= steps[0]:
        return Mark(_("Inspection ends soon"), "warn", "hourglass", tag=True)
    return None


# --- tools ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ToolRow:
    """A tool with the names that go with it."""

    tool: Tool
    person: str
    unit: str
    marks: tuple[Mark, ...]


def _tools(ctx: Ctx, rows: list[Tool]) -> list[ToolRow]:
    names, units = names_of(ctx, [row.assignee_id for row in rows]), unit_names(ctx)
    return [
        ToolRow(row, names.get(row.assignee_id or 0, ""), units.get(row.unit_id or 0, ""), _marks(ctx, row))
        for row in rows
    ]


def _marks(ctx: Ctx, tool: Tool) -> tuple[Mark, ...]:
    found = [inspection_mark(tool, ctx)]
    if tool.asset:
        found.append(Mark(_("Fixed asset"), "", "landmark", tag=True))
    return tuple(mark for mark in found if mark is not None)


def _states(_ctx: Ctx) -> list[tuple[str, str]]:
    return [(code, _(words)) for code, words in TOOL_STATE_WORDS.items()]


TOOLS = ListDef(
    "inventory.tools",
    N_("Tools and equipment"),
    Tool,
    VIEW,
    (
        ListColumn("number", N_("Number"), lambda r: r.tool.number, "id", "id", Tool.number, fixed=True),
        ListColumn("name", N_("Name"), lambda r: r.tool.name, "main", "main", Tool.name, notes=lambda r: r.marks),
        ListColumn("kind", N_("Kind of tool"), lambda r: r.tool.kind.name),
        ListColumn("serial", N_("Serial number"), lambda r: r.tool.serial, shown=False),
        ListColumn("price", N_("Price"), lambda r: r.tool.price, "money", "tag", Tool.price),
        ListColumn("asset", N_("Fixed asset"), lambda r: r.tool.asset, "yes_no", shown=False),
        ListColumn("bought_on", N_("Bought on"), lambda r: r.tool.bought_on, "date", shown=False),
        ListColumn(
            "supplier", N_("Supplier"), lambda r: r.tool.supplier.name if r.tool.supplier else "", shown=False
        ),
        ListColumn(
            "inspect_by", N_("Inspection holds until"), lambda r: r.tool.inspect_by, "date", sort=Tool.inspect_by
        ),
        ListColumn("kit", N_("Kit"), lambda r: r.tool.kit.code if r.tool.kit else "", "code"),
        ListColumn("unit", N_("Organisation unit"), lambda r: r.unit, shown=False),
        ListColumn("person", N_("Keeper"), lambda r: r.person, place="left"),
        ListColumn("reserved", N_("Reserved for service"), lambda r: r.tool.reserved, "yes_no", shown=False),
        ListColumn("state", N_("State"), lambda r: tool_mark(r.tool), "mark", "right"),
        ListColumn("note", N_("Note"), lambda r: r.tool.note, shown=False),
    ),
    "/inventory/tools/",
    icon="wrench",
    query=lambda _ctx: queries.with_words(sa.select(Tool)),
    prepare=_tools,
    search=lambda _ctx, text: sa.or_(
        Tool.number.istartswith(text, autoescape=True), Tool.name.icontains(text, autoescape=True),
        Tool.serial.istartswith(text, autoescape=True),
    ),
    search_words=N_("Number, name, serial number"),
    filters=(
        ChoiceFilter("state", N_("State"), Tool.state, _states),
        RecordFilter("kind", N_("Kind of tool"), Tool.kind_id, model=ToolKind, by=ToolKind.name),
        RecordFilter("kit", N_("Kit"), Tool.kit_id, N_("in no kit"), model=Kit, by=Kit.name),
        PersonFilter("person", N_("Keeper"), Tool.assignee_id),
        UnitFilter("unit", N_("Organisation unit"), Tool.unit_id),
        DaysFilter("bought", N_("Bought on"), Tool.bought_on),
    ),
    tabs=(
        ListTab("use", N_("In use"), lambda _ctx: Tool.state.in_(queries.IN_USE)),
        ListTab("store", N_("In store"), lambda _ctx: Tool.state == "store"),
        ListTab("custody", N_("In custody"), lambda _ctx: Tool.state.in_(("offered", "custody"))),
        ListTab("repair", N_("In repair"), lambda _ctx: Tool.state == "repair"),
        ListTab("due", N_("Inspection due"), queries.due_soon, order=((Tool.inspect_by, False),)),
        ListTab("assets", N_("Fixed assets"), lambda _ctx: Tool.asset.is_(True), counted=False),
        ListTab("all", N_("All"), counted=False),
    ),
    order=((Tool.number, False),),
    new=NewRecord(N_("Add a tool"), "inventory.tool_new", EDIT),
    links=(
        ListLink(N_("Who has what"), "inventory.custodies_list", VIEW, "hand"),
        ListLink(N_("Kits"), "inventory.kits_list", VIEW, "briefcase"),
        ListLink(N_("Kinds of tools"), "inventory.tool_kinds_list", VIEW, "shapes"),
    ),
    export=VIEW,
    empty=N_("No tools here"),
    empty_hint=N_("Tools are registered first, then handed into somebody’s custody."),
)  # fmt: skip


# --- custody --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CustodyRow:
    """A custody with the names that go with it."""

    row: Custody
    person: str
    unit: str


def _custodies(ctx: Ctx, rows: list[Custody]) -> list[CustodyRow]:
    names, units = names_of(ctx, [row.assignee_id for row in rows]), unit_names(ctx)
    return [CustodyRow(r, names.get(r.assignee_id or 0, ""), units.get(r.unit_id or 0, "")) for r in rows]


CUSTODIES = ListDef(
    "inventory.custodies",
    N_("Custody of tools"),
    Custody,
    VIEW,
    (
        ListColumn("number", N_("Number"), lambda r: r.row.tool_number, "id", "id", Custody.id, fixed=True),
        ListColumn("tool", N_("Tool"), lambda r: r.row.tool_name, "main", "main"),
        ListColumn("person", N_("Keeper"), lambda r: r.person, "person", "left"),
        ListColumn("unit", N_("Organisation unit"), lambda r: r.unit),
        ListColumn("purpose", N_("What for"), lambda r: _(PURPOSE_WORDS[r.row.purpose])),
        ListColumn("condition", N_("Condition"), lambda r: _(CONDITION_WORDS[r.row.condition]), place="tag"),
        ListColumn("offered_at", N_("Handed over on"), lambda r: r.row.offered_at, "moment"),
        ListColumn("accepted_at", N_("Taken over on"), lambda r: r.row.accepted_at, "moment"),
        ListColumn("ended_at", N_("Ended on"), lambda r: r.row.ended_at, "moment", shown=False),
        ListColumn("state", N_("State"), lambda r: custody_mark(r.row), "mark", "right"),
    ),
    "/inventory/custodies/",
    icon="hand",
    prepare=_custodies,
    search=lambda _ctx, text: sa.or_(
        Custody.tool_number.istartswith(text, autoescape=True), Custody.tool_name.icontains(text, autoescape=True)
    ),
    search_words=N_("Number, tool"),
    filters=(
        PersonFilter("person", N_("Keeper"), Custody.assignee_id),
        UnitFilter("unit", N_("Organisation unit"), Custody.unit_id),
        DaysFilter("day", N_("Handed over on"), Custody.offered_at),
    ),
    tabs=(
        ListTab("held", N_("In custody"), lambda _ctx: Custody.state == "held"),
        ListTab("offered", N_("To be taken over"), lambda _ctx: Custody.state == "offered"),
        ListTab("mine", N_("In my custody"), lambda ctx: sa.and_(
            Custody.assignee_id == (ctx.actor.user_id or 0), Custody.state.in_(("offered", "held"))
        )),
        ListTab("all", N_("All"), counted=False),
    ),
    order=((Custody.id, True),),
    links=(ListLink(N_("Tools"), "inventory.tools_list", VIEW, "wrench"),),
    export=VIEW,
    empty=N_("Nobody has a tool here"),
    empty_hint=N_("Tools are handed out on their own page; the person accepts them with a signature."),
)  # fmt: skip


# --- kits -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class KitRow:
    """A kit with what it needs and has."""

    kit: Kit
    unit: str
    needed: int
    missing: int


def _kits(ctx: Ctx, rows: list[Kit]) -> list[KitRow]:
    units = unit_names(ctx)
    needed: dict[int, list[int]] = {row.id: [0, 0] for row in rows}
    for line in kit_queries.lines_of(ctx, needed):
        needed[line.kit_id][0] += line.quantity
        needed[line.kit_id][1] += line.missing
    return [KitRow(row, units.get(row.unit_id or 0, ""), *needed[row.id]) for row in rows]


def kit_mark(kit: Kit) -> Mark:
    """Whether a kit is complete."""
    if not kit.active:
        return Mark(_("Not in use"), "", "circle-x")
    if kit.incomplete_since is not None:
        return Mark(_("Not complete"), "bad", "triangle-alert")
    return Mark(_("Complete"), "ok", "circle-check")


KITS = ListDef(
    "inventory.kits",
    N_("Kits"),
    Kit,
    VIEW,
    (
        ListColumn("code", N_("Code"), lambda r: r.kit.code, "id", "id", Kit.code, fixed=True),
        ListColumn("name", N_("Name"), lambda r: r.kit.name, "main", "main"),
        ListColumn("unit", N_("Organisation unit"), lambda r: r.unit, place="left"),
        ListColumn("needed", N_("Needed"), lambda r: r.needed, "number"),
        ListColumn("missing", N_("Missing"), lambda r: r.missing, "number", "tag"),
        ListColumn("reserved", N_("Reserved for service"), lambda r: r.kit.reserved, "yes_no"),
        ListColumn("since", N_("Incomplete since"), lambda r: r.kit.incomplete_since, "moment"),
        ListColumn("state", N_("State"), lambda r: kit_mark(r.kit), "mark", "right"),
    ),
    "/inventory/kits/",
    icon="briefcase",
    prepare=_kits,
    search=lambda _ctx, text: sa.or_(
        Kit.code.istartswith(text, autoescape=True), Kit.name.icontains(text, autoescape=True)
    ),
    search_words=N_("Code, name"),
    filters=(UnitFilter("unit", N_("Organisation unit"), Kit.unit_id),),
    tabs=(
        ListTab("use", N_("In use"), lambda _ctx: Kit.active.is_(True)),
        ListTab("incomplete", N_("Not complete"), lambda _ctx: sa.and_(
            Kit.active.is_(True), Kit.incomplete_since.is_not(None)
        )),
        ListTab("all", N_("All"), counted=False),
    ),
    order=((Kit.code, False),),
    new=NewRecord(N_("Add a kit"), "inventory.kit_new", EDIT),
    links=(ListLink(N_("What is missing"), "inventory.readiness_list", VIEW, "list-checks"),),
    export=VIEW,
    empty=N_("No kits here"),
    empty_hint=N_("A kit says what a service base always has complete."),
)  # fmt: skip


def _readiness_query(ctx: Ctx) -> sa.Select:
    seen = sa.select(Kit.id).where(Kit.active.is_(True))
    return kit_queries.with_words(sa.select(KitLine).where(KitLine.kit_id.in_(seen)))


@dataclass(frozen=True)
class LineRow:
    """A line of a kit with the name of its unit."""

    line: KitLine
    unit: str


def _lines(ctx: Ctx, rows: list[KitLine]) -> list[LineRow]:
    units = unit_names(ctx)
    return [LineRow(row, units.get(row.kit.unit_id or 0, "") if row.kit else "") for row in rows]


def line_mark(line: KitLine) -> Mark:
    """How many tools of a line are missing."""
    if line.missing:
        return Mark(n_("{n} missing", "{n} missing", line.missing), "bad", "triangle-alert")
    return Mark(_("Complete"), "ok", "circle-check")


_MISSING = KitLine.ready < KitLine.quantity

READINESS = ListDef(
    "inventory.readiness",
    N_("Kits: what is missing"),
    KitLine,
    VIEW,
    (
        ListColumn(
            "kit", N_("Kit"), lambda r: r.line.kit.code if r.line.kit else "", "id", "id", KitLine.kit_id, fixed=True
        ),
        ListColumn("kind", N_("Kind of tool"), lambda r: r.line.kind.name, "main", "main"),
        ListColumn("unit", N_("Organisation unit"), lambda r: r.unit, place="left"),
        ListColumn("quantity", N_("Needed"), lambda r: r.line.quantity, "number"),
        ListColumn(
            "ready", N_("Ready"), lambda r: f"{r.line.ready} / {r.line.quantity}", place="tag",
            export=lambda r: r.line.ready,
        ),
        ListColumn("in_repair", N_("In repair"), lambda r: r.line.in_repair, "number"),
        ListColumn("expired", N_("Inspection expired"), lambda r: r.line.expired, "number"),
        ListColumn("state", N_("State"), lambda r: line_mark(r.line), "mark", "right"),
    ),
    "/inventory/readiness/",
    icon="list-checks",
    query=_readiness_query,
    prepare=_lines,
    filters=(
        RecordFilter("kit", N_("Kit"), KitLine.kit_id, model=Kit, by=Kit.name),
        RecordFilter("kind", N_("Kind of tool"), KitLine.kind_id, model=ToolKind, by=ToolKind.name),
    ),
    tabs=(
        ListTab("missing", N_("Missing"), lambda _ctx: _MISSING),
        ListTab("repair", N_("In repair"), lambda _ctx: KitLine.in_repair > 0),
        ListTab("expired", N_("Inspection expired"), lambda _ctx: KitLine.expired > 0),
        ListTab("all", N_("All"), counted=False),
    ),
    first=("missing", "all"),
    order=((KitLine.kit_id, False),),
    links=(ListLink(N_("Kits"), "inventory.kits_list", VIEW, "briefcase"),),
    export=VIEW,
    empty=N_("Nothing is missing"),
    empty_hint=N_("Every kit has what it needs, or no kit was set up yet."),
)  # fmt: skip


# --- claims ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ClaimRow:
    """A claim with the names that go with it."""

    row: ToolClaim
    person: str


def _claims(ctx: Ctx, rows: list[ToolClaim]) -> list[ClaimRow]:
    names = names_of(ctx, [row.assignee_id for row in rows])
    return [ClaimRow(row, names.get(row.assignee_id or 0, "")) for row in rows]


def _claim_query(_ctx: Ctx) -> sa.Select:
    return sa.select(ToolClaim).options(orm.joinedload(ToolClaim.custody))


CLAIMS = ListDef(
    "inventory.tool_claims",
    N_("Claims for tools"),
    ToolClaim,
    SEE_CLAIMS,
    (
        ListColumn("number", N_("Number"), lambda r: r.row.number, "id", "id", ToolClaim.id, fixed=True),
        ListColumn("tool", N_("Tool"), lambda r: f"{r.row.custody.tool_number} {r.row.custody.tool_name}"
                   if r.row.custody else "", "main", "main"),
        ListColumn("happened", N_("What happened to it"), lambda r: _(LOSS_WORDS[r.row.happened])),
        ListColumn("person", N_("Person"), lambda r: r.person, "person", "left"),
        ListColumn("price", N_("Price"), lambda r: r.row.price, "money"),
        ListColumn("amount", N_("To pay"), lambda r: r.row.amount, "money", "tag"),
        ListColumn("reported_at", N_("Reported on"), lambda r: r.row.reported_at, "moment"),
        ListColumn("state", N_("State"), lambda r: claim_mark(r.row), "mark", "right"),
    ),
    "/inventory/tool-claims/",
    icon="scale",
    query=_claim_query,
    prepare=_claims,
    search=lambda _ctx, text: ToolClaim.number.istartswith(text, autoescape=True),
    search_words=N_("Number"),
    filters=(
        PersonFilter("person", N_("Person"), ToolClaim.assignee_id),
        UnitFilter("unit", N_("Organisation unit"), ToolClaim.unit_id),
        DaysFilter("day", N_("Reported on"), ToolClaim.reported_at),
    ),
    tabs=(
        ListTab("reported", N_("Fault to be decided"), lambda _ctx: ToolClaim.state == "reported"),
        ListTab("decided", N_("To be approved"), lambda _ctx: ToolClaim.state == "decided"),
        ListTab("approved", N_("To be paid"), lambda _ctx: ToolClaim.state == "approved"),
        ListTab("all", N_("All"), counted=False),
    ),
    first=("reported", "decided", "approved", "all"),
    order=((ToolClaim.id, True),),
    links=(ListLink(N_("Tools"), "inventory.tools_list", VIEW, "wrench"),),
    export=SEE_CLAIMS,
    empty=N_("No claims here"),
    empty_hint=N_("A claim begins when a tool in somebody’s custody is lost or damaged, where the rule table says so."),
)  # fmt: skip


# --- kinds ----------------------------------------------------------------------------------------------------------


def _kind_state(row: ToolKind) -> Mark:
    return Mark(_("In use"), "ok", "circle-check") if row.active else Mark(_("Not in use"), "", "circle-x")


KINDS = ListDef(
    "inventory.tool_kinds",
    N_("Kinds of tools"),
    ToolKind,
    VIEW,
    (
        ListColumn("code", N_("Code"), None, "id", "id", ToolKind.code, fixed=True),
        ListColumn("name", N_("Name"), None, "main", "main"),
        ListColumn("inspect_months", N_("Inspection holds (months)"), None, "number", "tag"),
        ListColumn("state", N_("State"), _kind_state, "mark", "right"),
    ),
    "/inventory/tool-kinds/",
    icon="shapes",
    search=lambda _ctx, text: sa.or_(
        ToolKind.code.istartswith(text, autoescape=True), ToolKind.name.icontains(text, autoescape=True)
    ),
    search_words=N_("Code, name"),
    order=((ToolKind.code, False),),
    new=NewRecord(N_("Add a kind of tool"), "inventory.tool_kind_new", EDIT),
    links=(ListLink(N_("Tools"), "inventory.tools_list", VIEW, "wrench"),),
    export=VIEW,
    empty=N_("No kinds of tools here"),
    empty_hint=N_("Kits name by kind what they need."),
)  # fmt: skip
