"""Pages of a company's roles: what each right opens, who holds a role, how two roles differ."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from flask import flash, g, redirect, render_template, request, url_for
from wtforms import BooleanField, SelectMultipleField, StringField
from wtforms.validators import DataRequired, Length

from core.auth import queries
from core.auth.page_form import PageForm
from core.auth.people import PEOPLE, blueprint
from core.companies.models import Role
from core.companies.rights import ADMINISTRATOR
from core.companies.services import save_role
from core.errors import DomainError, NotFound
from core.events import timeline
from core.i18n import N_, _
from core.web.conflict import VersionedForm
from core.web.gate import needs
from core.web.opens import opens
from core.web.timeline import timeline_items
from core.web.ui import TimelineItem

HOLDERS_SHOWN = 20


class RoleForm(VersionedForm, PageForm):
    """A role: its name in both languages and its rights."""

    name_zh = StringField(N_("Name in Chinese"), [DataRequired(), Length(max=60)])
    name_en = StringField(N_("Name in English"), [DataRequired(), Length(max=60)])
    second_factor = BooleanField(
        N_("Needs a second factor"),
        description=N_("Whoever holds this role enters only after setting one up; until then nothing here opens."),
    )
    permissions = SelectMultipleField(N_("Rights"), choices=[])

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        registry = g.ctx.registry
        self.permissions.choices = [(code, registry.permission_label(code)) for code in registry.permissions]

    def shown(self, record: Role) -> dict:
        """A role as the form says it."""
        names = {"name_zh": record.name.get("zh"), "name_en": record.name.get("en")}
        return {**names, "permissions": record.permissions, "second_factor": record.second_factor_required}


class NewRoleForm(RoleForm):
    """The same with the code by which rules and imports name the role."""

    code = StringField(
        N_("Code"),
        [DataRequired(), Length(max=60)],
        description=N_("Lower-case letters, digits and hyphens; it never changes."),
    )

    def validate_code(self, field) -> None:
        """The code is new and can be written in a rule."""
        if not re.fullmatch(r"[a-z][a-z0-9_-]{1,59}", field.data or ""):
            field.errors = [_("A code has 2 to 60 lower-case letters, digits or hyphens, like “duty-manager”.")]
        elif any(r.code == field.data for r in queries.roles(g.ctx)):
            field.errors = [_("There is a role with this code already.")]


@blueprint.get("/roles")
@needs(PEOPLE)
def roles_list():
    """The company's roles and how many people hold each."""
    return render_template(
        "people/roles.html",
        roles=queries.roles(g.ctx),
        holders=queries.role_holders(g.ctx),
        administrator=ADMINISTRATOR,
    )


@blueprint.route("/roles/new", methods=["GET", "POST"])
@needs(PEOPLE)
def role_new():
    """A role of the company's own; ``?from=<code>`` begins with the rights of another."""
    copied = request.args.get("from")
    pattern = _role(copied) if copied else None
    return _role_page(NewRoleForm(second_factor=bool(pattern and pattern.second_factor_required)), None, pattern)


@blueprint.route("/roles/<code>", methods=["GET", "POST"])
@needs(PEOPLE)
def role_edit(code: str):
    """One role and its rights, by module."""
    role = _role(code)
    return _role_page(RoleForm(record=role), role)


def _role(code: str) -> Role:
    role = next((r for r in queries.roles(g.ctx) if r.code == code), None)
    if role is None:
        raise NotFound("unknown_role", _("There is no role called “{code}” in this company.", code=code))
    return role


def _role_page(form: RoleForm, role: Role | None, pattern: Role | None = None):
    before = set(role.permissions) if role else set()
    groups = queries.permission_groups(g.ctx, before, _("System"))
    if form.validate_on_submit():
        free = {c.code for group in groups for c in group.choices if not c.kept}
        wanted = (set(form.permissions.data or ()) & free) | (before - free)
        code = role.code if role else form.code.data
        name = {"zh": form.name_zh.data, "en": form.name_en.data}
        try:
            save_role(g.ctx, code, name, wanted, form.second_factor.data, version=form.seen)
        except DomainError as error:
            form.refuse(error)
        else:
            flash(_("Saved. It holds from the next click of everybody in this role."), "ok")
            return redirect(url_for("people.roles_list"))
    chosen = set(form.permissions.data or ()) if form.is_submitted() else before
    if pattern is not None and not form.is_submitted():
        chosen = {c.code for group in groups for c in group.choices if not c.kept and c.code in pattern.permissions}
    return render_template(
        "people/role.html",
        form=form,
        role=role,
        pattern=pattern,
        groups=groups,
        chosen=chosen,
        opens=opens(),
        holders=queries.holders_of(g.ctx, role.code, HOLDERS_SHOWN + 1) if role else [],
        holders_shown=HOLDERS_SHOWN,
        events=_history(role) if role else [],
        others=[r for r in queries.roles(g.ctx) if role is not None and r.code != role.code],
    ), form.status


def _history(role: Role) -> Sequence[TimelineItem]:
    """The newest events of a role; rights that were given or taken in words, only those that changed."""
    events = timeline(g.ctx, role)
    labels = {"name": N_("Name"), "second_factor_required": N_("Needs a second factor"), "permissions": N_("Rights")}
    items = timeline_items(g.ctx, events, labels=labels, table=Role.__tablename__)
    return [replace(item, changes=_changes(item, event)) for item, event in zip(items, events, strict=True)]


def _changes(item: TimelineItem, event) -> list[tuple[str, str, str]]:
    shown = [c for c in item.changes if c[0] != _("Rights")]
    for change in event.changes or []:
        if change.get("table") == Role.__tablename__ and change.get("id") == event.record_id:
            old, new = change.get("fields", {}).get("permissions", ([], []))
            shown += [(_("Right taken"), right, _("none")) for right in _words(set(old or ()) - set(new or ()))]
            shown += [(_("Right given"), "", right) for right in _words(set(new or ()) - set(old or ()))]
    return shown


def _words(codes: set[str]) -> list[str]:
    return sorted(g.ctx.registry.permission_label(code) for code in codes)


@blueprint.get("/roles/compare")
@needs(PEOPLE)
def roles_compare():
    """Two roles side by side: the rights that only one of them has, and how many they share."""
    roles = queries.roles(g.ctx)
    one, other = (_role(code) if (code := request.args.get(name)) else None for name in ("one", "other"))
    groups = []
    if one and other:
        first, second = set(one.permissions), set(other.permissions)
        for group in queries.permission_groups(g.ctx, first | second, _("System")):
            rows = [(c.label, c.code in first, c.code in second) for c in group.choices if c.given]
            groups.append((group.label, [row for row in rows if row[1] != row[2]], sum(r[1] and r[2] for r in rows)))
    first_two = [role.code for role in (*roles[:2], *roles[:1])][:2]
    return render_template(
        "people/compare.html",
        roles=roles,
        one=one,
        other=other,
        chosen_codes=[role.code if role else code for role, code in zip((one, other), first_two, strict=True)],
        groups=[x for x in groups if x[1] or x[2]],
    )
