"""The sorts of things that a profile brings: how each is compared with the company's own, and put there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.calendar_store import WorkingCalendar, save_calendar
from core.calendars import from_data as calendar_from
from core.calendars import to_data as calendar_data
from core.checklists.models import ChecklistTemplate, ChecklistVersion
from core.checklists.services import newest_versions, publish_checklist
from core.checklists.template import read_template
from core.checklists.template import to_data as checklist_data
from core.companies.models import OrgUnit, Role, Setting
from core.companies.services import save_role, save_unit, unit_by_code
from core.companies.switch import switch_on
from core.context import Ctx
from core.db import plain
from core.decisions.kinds import make_table
from core.decisions.parsing import from_data, to_data
from core.decisions.store import DecisionTable, draft_of, latest_published, publish, save_draft
from core.errors import Conflict
from core.i18n import N_, _, label
from core.settings import parse_setting, set_setting


@dataclass(frozen=True)
class Section:
    """A sort of things: ``wanted`` makes a profile's entry comparable, ``current`` answers the company's own (or None),
    ``untouched`` what it was before anybody changed it, ``put`` writes it, ``everything`` is what an export holds.

    A plugin declares its own by the hook ``profile_sections`` (as ``ProfileSection`` of ``core.api``): its files lie in
    the profile's folder ``name``, one ``<code>.yaml`` each. ``problems(code, entry)`` says what is wrong with one.
    """

    name: str
    label: str
    wanted: Callable[[Ctx, str, Any], Any]
    current: Callable[[Ctx, str], Any]
    put: Callable[[Ctx, str, Any, str], None]
    everything: Callable[[Ctx], Mapping[str, Any]]
    untouched: Callable[[Ctx, str], Any] = lambda _ctx, _code: None
    title: Callable[[Ctx, str, Any], str] = lambda _ctx, code, _wanted: code
    problems: Callable[[str, Any], Sequence[str]] = lambda _code, _entry: ()


def _named(_ctx: Ctx, code: str, wanted: Any) -> str:
    return label(wanted.get("name")) or code


# --- modules ----------------------------------------------------------------------------------------------------------


def _module(ctx: Ctx, code: str) -> Any:
    return True if code in ctx.enabled else None


def _switch_on(ctx: Ctx, code: str, _wanted: Any, _reason: str) -> None:
    switch_on(ctx, code)


def _modules(ctx: Ctx) -> dict[str, Any]:
    always = {p.name for p in ctx.registry.plugins.values() if p.manifest.always_on}
    return {name: True for name in ctx.registry.plugins if name in ctx.enabled and name not in always}


# --- organisation -----------------------------------------------------------------------------------------------------


def _unit_wanted(ctx: Ctx, _code: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": label(entry.get("name") or ""),
        "kind": str(entry.get("kind") or "department"),
        "parent": str(entry.get("parent") or "hq"),
        "region": label(entry.get("region") or ""),
    }


def _unit(ctx: Ctx, code: str) -> dict[str, Any] | None:
    unit = unit_by_code(ctx, code, required=False)
    return _unit_data(ctx, unit) if unit is not None else None


def _unit_data(ctx: Ctx, unit: OrgUnit) -> dict[str, Any]:
    parent = ctx.session.get(OrgUnit, unit.parent_id) if unit.parent_id else None
    return {"name": unit.name, "kind": unit.kind, "parent": parent.code if parent else "", "region": unit.region}


def _put_unit(ctx: Ctx, code: str, wanted: Mapping[str, Any], _reason: str) -> None:
    save_unit(ctx, code, wanted["name"], wanted["kind"], wanted["parent"] or None, wanted["region"])


def _units(ctx: Ctx) -> dict[str, Any]:
    rows = ctx.session.scalars(sa.select(OrgUnit).where(OrgUnit.parent_id.is_not(None)).order_by(OrgUnit.id))
    return {unit.code: _unit_data(ctx, unit) for unit in rows}


# --- calendars --------------------------------------------------------------------------------------------------------


def _calendar_wanted(ctx: Ctx, _code: str, body: Mapping[str, Any]) -> dict[str, Any]:
    return calendar_data(calendar_from({"timezone": ctx.company.timezone, **body}))


def _calendar(ctx: Ctx, code: str) -> Any:
    row = ctx.session.scalar(sa.select(WorkingCalendar).where(WorkingCalendar.code == code))
    return calendar_data(calendar_from(row.body)) if row is not None else None


def _calendar_untouched(ctx: Ctx, code: str) -> Any:
    """A calendar that was never changed says what it said when the company was made."""
    row = ctx.session.scalar(sa.select(WorkingCalendar).where(WorkingCalendar.code == code))
    return _calendar(ctx, code) if row is not None and row.version == 1 else None


def _put_calendar(ctx: Ctx, code: str, wanted: dict, _reason: str) -> None:
    save_calendar(ctx, code, wanted)


def _calendars(ctx: Ctx) -> dict[str, Any]:
    rows = ctx.session.scalars(sa.select(WorkingCalendar).order_by(WorkingCalendar.code))
    return {row.code: row.body for row in rows}


# --- roles ------------------------------------------------------------------------------------------------------------


def _role_wanted(ctx: Ctx, code: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": dict(entry.get("name") or {"en": code, "zh": code}),
        "permissions": sorted(set(entry.get("permissions") or ())),
        "second_factor_required": bool(entry.get("second_factor_required")),
    }


def _role(ctx: Ctx, code: str) -> dict[str, Any] | None:
    row = ctx.session.scalar(sa.select(Role).where(Role.code == code))
    return _role_data(row) if row is not None else None


def _role_data(row: Role) -> dict[str, Any]:
    return {
        "name": dict(row.name),
        "permissions": sorted(row.permissions),
        "second_factor_required": row.second_factor_required,
    }


def _role_untouched(ctx: Ctx, code: str) -> dict[str, Any] | None:
    """What the modules that are on propose for this role."""
    proposed = [r for plugin in ("core", *ctx.enabled) for r in ctx.registry.roles.get(plugin, ()) if r.code == code]
    if not proposed:
        return None
    rights = sorted({right for role in proposed for right in role.permissions})
    return {"name": dict(proposed[0].name), "permissions": rights, "second_factor_required": False}


def _put_role(ctx: Ctx, code: str, wanted: Mapping[str, Any], _reason: str) -> None:
    save_role(ctx, code, wanted["name"], wanted["permissions"], wanted["second_factor_required"])


def _roles(ctx: Ctx) -> dict[str, Any]:
    return {row.code: _role_data(row) for row in ctx.session.scalars(sa.select(Role).order_by(Role.code))}


# --- settings ---------------------------------------------------------------------------------------------------------


def _setting_wanted(ctx: Ctx, code: str, value: Any) -> Any:
    return plain(parse_setting(ctx, code, value))


def _setting(ctx: Ctx, code: str) -> Any:
    row = ctx.session.scalar(sa.select(Setting).where(Setting.key == code))
    return row.value["value"] if row is not None else None


def _put_setting(ctx: Ctx, code: str, wanted: Any, _reason: str) -> None:
    set_setting(ctx, code, wanted)


def _settings(ctx: Ctx) -> dict[str, Any]:
    rows = ctx.session.scalars(sa.select(Setting).order_by(Setting.key))
    return {row.key: row.value["value"] for row in rows if row.key in ctx.registry.settings}


def _setting_title(ctx: Ctx, code: str, _wanted: Any) -> str:
    return _(ctx.registry.settings[code].label)


# --- rule tables ------------------------------------------------------------------------------------------------------


def _table_wanted(_ctx: Ctx, _code: str, body: Mapping[str, Any]) -> dict[str, Any]:
    return _without_row_ids(to_data(from_data(body)))


def _without_row_ids(body: Mapping[str, Any]) -> dict[str, Any]:
    """Rows get ids when they are saved; these say nothing of what a table decides."""
    rows = [{key: value for key, value in row.items() if key != "id"} for row in body.get("rows", ())]
    return {**body, "rows": rows}


def _table_row(ctx: Ctx, code: str) -> DecisionTable | None:
    return ctx.session.scalar(sa.select(DecisionTable).where(DecisionTable.name == code))


def _table(ctx: Ctx, code: str) -> dict[str, Any] | None:
    row = _table_row(ctx, code)
    return _without_row_ids(latest_published(ctx, row).body) if row is not None else None


def _table_untouched(ctx: Ctx, code: str) -> dict[str, Any] | None:
    shipped = ctx.registry.tables.get(code)
    return _table_wanted(ctx, code, shipped.load()) if shipped is not None else None


def _put_table(ctx: Ctx, code: str, wanted: Mapping[str, Any], reason: str) -> None:
    row = _table_row(ctx, code)
    kind = ctx.registry.table_def(code)
    if row is None and kind is not None and kind.name != code:
        words = wanted.get("label") or code
        named = words if isinstance(words, Mapping) else {"en": words}
        make_table(ctx, kind.name, code[len(kind.name) + 1 :], named, wanted, reason=reason)
        return
    if row is not None and draft_of(ctx, row) is not None:
        text = _("Somebody has a draft of the rule table “{table}”. Publish or drop it, then apply the profile again.",
                 table=label(wanted.get("label") or code))
        raise Conflict("draft_exists", text)
    save_draft(ctx, code, wanted, reason=reason, effective_from=ctx.today)
    publish(ctx, code)


def _tables(ctx: Ctx) -> dict[str, Any]:
    """Those that say something else than what their module ships."""
    found = {}
    for row in ctx.session.scalars(sa.select(DecisionTable).order_by(DecisionTable.name)):
        if ctx.registry.table_def(row.name) is not None and row.plugin in {"core", *ctx.enabled}:
            body = _table(ctx, row.name)
            if body != _table_untouched(ctx, row.name):
                found[row.name] = body
    return found


def _table_title(ctx: Ctx, code: str, wanted: Any) -> str:
    shipped = ctx.registry.tables.get(code)
    return _(shipped.label) if shipped is not None else label(wanted.get("label") or code)


# --- checklists -------------------------------------------------------------------------------------------------------


def _checklist_wanted(ctx: Ctx, _code: str, body: Mapping[str, Any]) -> dict[str, Any]:
    kind = str(body.get("for") or "")
    workflow = ctx.registry.workflows.get(kind)
    template = read_template(
        {k: v for k, v in body.items() if k != "for"}, [t.name for t in workflow.transitions] if workflow else ()
    )
    return {"for": kind, **checklist_data(template)}


def _checklist(ctx: Ctx, code: str) -> dict[str, Any] | None:
    row = ctx.session.scalar(sa.select(ChecklistTemplate).where(ChecklistTemplate.code == code))
    version: ChecklistVersion | None = newest_versions(ctx, [code]).get(code)
    return {"for": row.record_kind, **version.body} if row is not None and version is not None else None


def _checklist_untouched(ctx: Ctx, code: str) -> dict[str, Any] | None:
    declared = ctx.registry.checklists.get(code)
    return _checklist_wanted(ctx, code, {"for": declared.kind, **declared.load()}) if declared is not None else None


def _put_checklist(ctx: Ctx, code: str, wanted: Mapping[str, Any], reason: str) -> None:
    body = {k: v for k, v in wanted.items() if k != "for"}
    publish_checklist(ctx, code, wanted["for"], body, reason=reason)


def _checklists(ctx: Ctx) -> dict[str, Any]:
    found = {}
    for code in ctx.session.scalars(sa.select(ChecklistTemplate.code).order_by(ChecklistTemplate.code)):
        body = _checklist(ctx, code)
        if body is not None and body != _checklist_untouched(ctx, code):
            found[code] = body
    return found


SECTIONS: tuple[Section, ...] = (
    Section("modules", N_("Modules"), lambda _ctx, _code, value: bool(value), _module, _switch_on, _modules,
            title=lambda ctx, code, _wanted: ctx.registry.plugin_label(code)),
    Section("organisation", N_("Organisation"), _unit_wanted, _unit, _put_unit, _units, title=_named),
    Section("calendars", N_("Working calendars"), _calendar_wanted, _calendar, _put_calendar, _calendars,
            _calendar_untouched, lambda _ctx, code, wanted: label(wanted.get("label")) or code),
    Section("roles", N_("Roles"), _role_wanted, _role, _put_role, _roles, _role_untouched, _named),
    Section("settings", N_("Settings"), _setting_wanted, _setting, _put_setting, _settings, title=_setting_title),
    Section("tables", N_("Rule tables"), _table_wanted, _table, _put_table, _tables, _table_untouched, _table_title),
    Section("checklists", N_("Checklists"), _checklist_wanted, _checklist, _put_checklist, _checklists,
            _checklist_untouched, _named),
)
"""In the order in which they are applied: modules bring tables and settings, rules name departments and roles."""


def sections_of(ctx: Ctx, modules: Collection[str] = ()) -> tuple[Section, ...]:
    """The sections of the core, then those of the plugins that are on here, or that ``modules`` will switch on."""
    wanted = {*ctx.enabled, *modules}
    owner = ctx.registry.owner_of
    own = [s for name, s in ctx.registry.profile_sections.items() if owner("profile_sections", name) in wanted]
    return (*SECTIONS, *own)
