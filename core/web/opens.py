"""What a right opens: menu entries, lists, records, steps, imports, pages. Derived from what is declared."""

from __future__ import annotations

from dataclasses import dataclass, field

from flask import current_app

from core.admin.model_view import CompanyModelView
from core.i18n import _
from core.registry import Registry
from core.web import gate
from core.web.shell import CORE_MENU


@dataclass
class Opens:
    """Behind one right, in the language of the moment; addresses as they stand after the company."""

    menu: list[str] = field(default_factory=list)
    lists: list[str] = field(default_factory=list)
    records: list[str] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    imports: list[str] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)

    @property
    def rows(self) -> list[tuple[str, str]]:
        """(heading, words), what is empty left out; without the addresses."""
        named = (
            (_("Menu"), self.menu),
            (_("Lists"), self.lists),
            (_("Records"), self.records),
            (_("Steps"), self.steps),
            (_("Imports"), self.imports),
        )
        return [(title, _(", ").join(words)) for title, words in named if words]


def opens() -> dict[str, Opens]:
    """Each declared right → what it opens. A right that opens nothing is asked for by services only."""
    registry: Registry = current_app.extensions["sanbao"]["registry"]
    found = {code: Opens() for code in registry.permissions}
    _menu(found)
    _lists(found)
    for kind in registry.kinds.values():
        if kind.view in found:
            found[kind.view].records.append(_(kind.label))
    for workflow in registry.workflows.values():
        record = _(registry.kinds[workflow.kind].label)
        for step in workflow.transitions:
            if step.permission in found:
                found[step.permission].steps.append(_("{record}: {step}", record=record, step=_(step.label)))
    for importer in registry.importers.values():
        if getattr(importer, "permission", "") in found:
            found[importer.permission].imports.append(_(importer.label))
    _routes(found)
    return found


def _menu(found: dict[str, Opens]) -> None:
    items = [*CORE_MENU, *(item for _plugin, item in current_app.extensions["sanbao"]["menu"])]
    for item in items:
        code = gate.route_needs(current_app, item.endpoint)
        if code in found:
            found[code].menu.append(_(item.label))


def _lists(found: dict[str, Opens]) -> None:
    for view in current_app.extensions["sanbao"]["admin_views"].values():
        if not isinstance(view, CompanyModelView):
            continue
        may: dict[str | None, list[str]] = {}
        may.setdefault(view.view_permission, []).append(_("see"))
        may.setdefault(view.create_permission if view.create_with else None, []).append(_("add"))
        may.setdefault(view.edit_permission if view.update_with else None, []).append(_("change"))
        may.setdefault(view.delete_permission if view.delete_with else None, []).append(_("delete"))
        may.setdefault(view.export_permission, []).append(_("export"))
        for code, verbs in may.items():
            if code in found:
                found[code].lists.append(_("{list} ({verbs})", list=view.name, verbs=_(", ").join(verbs)))


def _routes(found: dict[str, Opens]) -> None:
    for rule in current_app.url_map.iter_rules():
        code = gate.route_needs(current_app, rule.endpoint)
        if code not in found or rule.methods is None:
            continue
        if "GET" in rule.methods:
            found[code].pages.append(rule.rule)
        if rule.methods - {"GET", "HEAD", "OPTIONS"}:
            found[code].actions.append(rule.rule)
    for one in found.values():
        one.pages.sort()
        one.actions.sort()
