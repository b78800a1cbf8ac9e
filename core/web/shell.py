"""The frame around every page: company, menu with counts, person, language, primary action."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import Flask, current_app, g, request, url_for
from flask_login import current_user

from core import hooks
from core.context import Ctx
from core.i18n import N_, _
from core.web import gate


@dataclass(frozen=True)
class MenuItem:
    """An entry of the side bar: ``group`` is a key of GROUPS, ``label`` a message id, ``endpoint`` where it leads.

    It is shown to those who may open the endpoint. ``order`` sorts within its group.
    """

    group: str
    label: str
    endpoint: str
    icon: str
    order: int = 50


GROUPS = (
    ("top", ""),
    ("service", N_("Service")),
    ("papers", N_("Papers and returns")),
    ("money", N_("Charges and cash")),
    ("people", N_("People and duty")),
    ("customers", N_("Customers and units")),
    ("parts", N_("Parts and tools")),
    ("quality", N_("Quality and improvement")),
    ("settings", N_("Settings")),
)

CORE_MENU = (
    MenuItem("top", N_("My work"), "web.home", "inbox", 10),
    MenuItem("top", N_("Approvals"), "approvals.approvals_list", "stamp", 30),
    MenuItem("settings", N_("Rule tables"), "rules.tables", "table-2", 10),
    MenuItem("settings", N_("Checklists"), "checklists.templates_list", "list-checks", 20),
    MenuItem("settings", N_("Message templates"), "templates.templates_list", "mail-open", 25),
    MenuItem("settings", N_("People and roles"), "people.people_list", "users-round", 30),
    MenuItem("settings", N_("Import"), "imports.imports_list", "file-input", 35),
    MenuItem("settings", N_("Settings"), "settings.settings_page", "settings", 40),
    MenuItem("settings", N_("Audit trail"), "audit.events_list", "scroll-text", 50),
    MenuItem("settings", N_("Deliveries"), "audit.deliveries_list", "send", 60),
    MenuItem("settings", N_("Mail"), "mail.mail_list", "mail", 70),
    MenuItem("settings", N_("Modules"), "modules.modules_page", "layout-grid", 90),
)


@dataclass(frozen=True)
class ShellItem:
    label: str
    url: str
    icon: str
    count: int | None = None
    count_bad: bool = False
    current: bool = False


@dataclass(frozen=True)
class ShellGroup:
    label: str
    items: list[ShellItem]


@dataclass
class Shell:
    """What the base template reads. ``company`` is None outside a company."""

    company: dict | None = None
    unit_name: str = ""
    menu: list[ShellGroup] = field(default_factory=list)
    user: dict | None = None
    languages: tuple = (("zh", "中文", "zh-CN"), ("en", "English", "en"))
    primary_action: dict | None = None
    search_url: str = ""
    query: str = ""
    chooser_url: str | None = None
    inbox_url: str | None = None
    inbox_count: int = 0
    theme: str = ""
    density: str = "cozy"
    keys: bool = True


def init_app(app: Flask) -> None:
    """Offer ``shell`` to every template, made when a template first asks for it."""

    @app.context_processor
    def offer() -> dict:
        if "shell" not in g:
            g.shell = build(g.get("ctx"))
        return {"shell": g.shell}


def build(ctx: Ctx | None, *, counts: bool = True) -> Shell:
    """The shell for this request; without ``counts`` no module is asked what its entries of the menu should say."""
    person = current_user if current_user and current_user.is_authenticated else None
    preferences = person.preferences if person else {}
    shell = Shell(
        theme=preferences.get("theme") or request.cookies.get("theme", ""),
        density=preferences.get("density") or "cozy",
        keys=preferences.get("keys", "on") != "off",
    )
    if person:
        shell.user = {
            "id": person.id,
            "name": person.name,
            "initials": initials(person.name),
            "email": person.email,
            "is_installation_admin": person.is_installation_admin,
        }
        shell.chooser_url = url_for("web.choose_company")
    if ctx is None or g.get("company") is None:
        return shell
    company = g.company
    shell.company = {"name": company.name, "code": company.code}
    shell.unit_name = _unit_name(ctx)
    shell.menu = _menu(ctx, _counts(ctx) if counts else {})
    if "base.intake_page" in current_app.view_functions and may_open(ctx, "base.intake_page"):
        shell.primary_action = {"label": _("Take in"), "url": url_for("base.intake_page")}
    shell.search_url = url_for("web.search")
    shell.query = request.args.get("q", "") if request.endpoint == "web.search" else ""
    shell.inbox_url = url_for("web.inbox")
    from core.notifications import unread_count

    shell.inbox_count = unread_count(ctx)
    return shell


def initials(name: str) -> str:
    """What stands in the avatar: the last character of a Chinese name, the first letters of another."""
    name = name.strip()
    if not name:
        return "?"
    if ord(name[-1]) > 0x2E7F:
        return name[-1]
    return "".join(part[0] for part in name.split()[:2]).upper()


def _unit_name(ctx: Ctx) -> str:
    from core.companies.models import OrgUnit

    membership = ctx.memo.get("membership")
    if membership is None or membership.unit_id is None:
        return ""
    unit = ctx.session.get(OrgUnit, membership.unit_id)
    return unit.name if unit else ""


def may_open(ctx: Ctx, endpoint: str) -> bool:
    app = current_app
    plugin = gate.plugin_of(app, endpoint)
    if plugin != "core" and plugin not in ctx.enabled:
        return False
    wanted = gate.route_needs(app, endpoint)
    return wanted in (gate.MEMBER, gate.PUBLIC, gate.SIGNED_IN) or bool(wanted and ctx.can(wanted))


def _counts(ctx: Ctx) -> dict[str, tuple[int, bool]]:
    counts: dict[str, tuple[int, bool]] = {}
    for answer in hooks.collect(ctx, "menu_counts"):
        if not answer.error:
            counts.update(answer.value)
    return counts


def _menu(ctx: Ctx, counts: Mapping[str, tuple[int, bool]]) -> list[ShellGroup]:
    app = current_app
    items = [("core", i) for i in CORE_MENU] + app.extensions["sanbao"]["menu"]
    nearest = _nearest(items)
    groups: dict[str, list[tuple[int, ShellItem]]] = {}
    for _plugin, item in items:
        if item.endpoint not in app.view_functions or not may_open(ctx, item.endpoint):
            continue
        count, bad = counts.get(item.endpoint, (None, False))
        current = item.endpoint in (request.endpoint, nearest)
        groups.setdefault(item.group, []).append(
            (item.order, ShellItem(_(item.label), url_for(item.endpoint), item.icon, count, bad, current))
        )
    return [
        ShellGroup(_(title) if title else "", [i for _order, i in sorted(groups[key], key=lambda pair: pair[0])])
        for key, title in GROUPS
        if key in groups
    ]


def _nearest(items) -> str:
    """The menu item of this page's section under whose address it lies, the longest address first.

    Empty when there is none, or an item names the current endpoint exactly: that one alone is shown as current.
    """
    section = (request.endpoint or "").partition(".")[0]
    if section in ("web", "base") or any(i.endpoint == request.endpoint for _p, i in items):
        return ""
    here = f"{request.script_root}{request.path}"
    there = current_app.view_functions
    own = [i.endpoint for _p, i in items if i.endpoint.partition(".")[0] == section and i.endpoint in there]
    addresses = {endpoint: url_for(endpoint) for endpoint in own}
    return max((e for e in own if here.startswith(addresses[e])), key=lambda e: len(addresses[e]), default="")
