"""Puts what the core and the plugins declare into the registry, at start."""

from __future__ import annotations

from dataclasses import replace

from core import hooks
from core.errors import ConfigurationError
from core.i18n import N_, label
from core.registry import ClockKind, EventKind, Job, Permission, RecordKind, Registry, RoleDef, SettingDef

CORE_PERMISSIONS = (
    Permission("core.modules.switch", N_("Switch modules on and off")),
    Permission("core.rules.view", N_("See rule tables")),
    Permission("core.rules.edit", N_("Change rule tables")),
    Permission("core.rules.approve", N_("Approve changes of rule tables")),
    Permission("core.users.manage", N_("Manage people and their roles")),
    Permission("core.units.manage", N_("Manage the organisation")),
    Permission("core.checklists.edit", N_("Change checklists")),
    Permission("core.settings.edit", N_("Change settings")),
    Permission("core.calendars.edit", N_("Change working calendars")),
    Permission("core.audit.view", N_("Read the audit trail")),
    Permission("core.person.erase", N_("Erase personal data")),
    Permission("core.deliveries.manage", N_("Retry parked deliveries")),
    Permission("core.mail.manage", N_("See mail and decide what becomes of it when it was not sent")),
    Permission("core.templates.edit", N_("Change message templates")),
    Permission("core.gates.waive", N_("Waive a condition with a reason")),
    Permission("core.import.run", N_("Import records")),
    Permission("core.attachments.edit", N_("Attach files to records and remove them")),
    Permission("core.tasks.view_all", N_("See the background work of everybody")),
    Permission("core.filters.share", N_("Share saved filters with the company")),
    Permission("core.records.see_all_units", N_("See the records of every organisation unit")),
)

CORE_ROLES = (
    RoleDef("administrator", {"en": "Administrator", "zh": "管理员"}, tuple(p.code for p in CORE_PERMISSIONS)),
    RoleDef(
        "manager",
        {"en": "Manager", "zh": "主管"},
        (
            "core.rules.view",
            "core.rules.approve",
            "core.audit.view",
            "core.gates.waive",
            "core.filters.share",
            "core.attachments.edit",
        ),
    ),
    RoleDef("agent", {"en": "Call agent", "zh": "坐席"}, ("core.attachments.edit",)),
)

CORE_SETTINGS: tuple[SettingDef, ...] = (
    SettingDef(
        "core.invitations.days",
        N_("Days for which an invitation is open"),
        "int",
        7,
        help=N_("After these days its link no longer works; it can be sent again."),
        minimum=1,
        maximum=90,
    ),
    SettingDef(
        "core.merge.undo_days",
        N_("Days for which a merge can be undone"),
        "int",
        90,
        help=N_("Counted from the day on which a duplicate was merged."),
        minimum=0,
        maximum=3650,
    ),
    SettingDef(
        "core.erasure.keep_days",
        N_("How many days personal records must be kept"),
        "int",
        0,
        help=N_("Counted from a person's newest record. Before, the data can't be erased. 0: no such time."),
        minimum=0,
        maximum=36_500,
    ),
    SettingDef(
        "core.erasure.kept_by_law",
        N_("What must be kept by law, in words"),
        "text",
        "",
        help=N_("Shown to whoever is about to erase a person's data."),
    ),
    SettingDef(
        "core.mail.digest_hour",
        N_("From what hour on the daily mail goes out"),
        "int",
        8,
        help=N_("In the company's time zone, to those who want the lines of their inbox once a day."),
        minimum=0,
        maximum=23,
    ),
    SettingDef(
        "core.mail.sender_name",
        N_("Name that mail is from"),
        "str",
        "",
        help=N_("Empty: the company's name."),
    ),
    SettingDef(
        "core.mail.sender_address",
        N_("Address that mail is from"),
        "email",
        "",
        help=N_("Only an address that the mail server may send for. Empty: the installation's own."),
    ),
    SettingDef(
        "core.mail.reply_to",
        N_("Addresses that answers go to"),
        "emails",
        help=N_("Empty: answers go to the sender."),
    ),
    SettingDef(
        "core.mail.signature",
        N_("Signature below mail"),
        "text",
        "",
        help=N_("Stands below every mail of the company: name, hotline, address."),
    ),
    SettingDef(
        "core.rules.trial_days",
        N_("How many days back a rule table is tried"),
        "int",
        90,
        help=N_("A draft is tried on the decisions of these last days before it takes effect."),
        minimum=1,
        maximum=3650,
    ),
    SettingDef(
        "core.rules.hits_days",
        N_("Over how many days the hits of rules are counted"),
        "int",
        90,
        help=N_("Shown beside each row of a rule table; a row without a hit may be superfluous."),
        minimum=1,
        maximum=3650,
    ),
    SettingDef(
        "core.attachments.types",
        N_("Types of files that may be attached"),
        "text",
        "jpg jpeg png gif webp heic pdf docx xlsx pptx doc xls txt csv zip mp4 mov mp3 m4a",
        help=N_("By their endings. A file must also hold what its name says."),
    ),
    SettingDef(
        "core.import.largest_mb",
        N_("Largest file for an import, in MB"),
        "int",
        200,
        help=N_("Files for an import may be larger than attachments: they are read piece by piece."),
        minimum=1,
        maximum=2000,
    ),
    SettingDef(
        "core.import.keep_days",
        N_("How many days an imported file is kept"),
        "int",
        30,
        help=N_("Then the file and its list of bad rows are removed; what was loaded stays."),
        minimum=1,
        maximum=3650,
    ),
    SettingDef(
        "core.files.largest_mb",
        N_("Largest file, in MB"),
        "int",
        25,
        help=N_("What is larger is refused when it is attached to a record."),
        minimum=1,
        maximum=500,
    ),
    SettingDef(
        "core.lists.export_days",
        N_("How many days an exported list is kept"),
        "int",
        7,
        help=N_("Afterwards the file is removed; the audit trail still says who exported what."),
        minimum=1,
        maximum=365,
    ),
    SettingDef(
        "core.lists.export_at_once",
        N_("Rows of a list that are exported at once"),
        "int",
        2000,
        help=N_("A longer list is written in the background; the inbox tells when it is done."),
        minimum=0,
        maximum=100_000,
    ),
)
"""Signing in belongs to the installation, not to a company: its limits are in ``core.auth.config``."""

CORE_EVENTS = (
    EventKind("core.company_created", N_("Company created"), "building-2"),
    EventKind("core.company_renamed", N_("Company renamed from “{before}” to “{after}”"), "building-2"),
    EventKind("core.company_timezone_changed", N_("Time zone changed from {before} to {after}"), "clock"),
    EventKind("core.company_currency_changed", N_("Currency changed from {before} to {after}"), "coins"),
    EventKind("core.company_language_changed", N_("Language changed from {before} to {after}"), "languages"),
    EventKind(
        "core.company_second_factor_changed",
        N_("A second factor for everybody: {after} (before: {before})"),
        "shield-check",
    ),
    EventKind("core.company_closed", N_("Company closed: {reason}"), "ban"),
    EventKind("core.company_reopened", N_("Company opened again"), "circle-check"),
    EventKind("core.plugin_switched_on", N_("Module “{module}” switched on"), "toggle-right"),
    EventKind("core.plugin_switched_off", N_("Module “{module}” switched off"), "toggle-left"),
    EventKind("core.plugin_data_loaded", N_("Data of module “{module}” loaded"), "database"),
    EventKind(
        "core.plugin_data_updated",
        N_(
            "Module “{module}” brought up to date: new rule tables {tables}, new checklists {checklists}, "
            "new rights {rights}"
        ),
        "database",
    ),
    EventKind("core.unit_saved", N_("Organisation unit “{name}” saved"), "network"),
    EventKind("core.unit_closed", N_("Organisation unit “{name}” closed"), "ban"),
    EventKind("core.unit_reopened", N_("Organisation unit “{name}” opened again"), "circle-check"),
    EventKind("core.role_saved", N_("Role “{name}” saved"), "key-round"),
    EventKind("core.membership_saved", N_("{name} works here as {roles}"), "user-check"),
    EventKind("core.account_unlocked", N_("Account of {name} unlocked"), "lock-open"),
    EventKind("core.password_renewed", N_("One-time password made for {name}"), "key-round"),
    EventKind("core.password_link_sent", N_("Link for a new password sent to {name}"), "mail"),
    EventKind("core.second_factor_reset", N_("Second factor of {name} reset"), "shield-off"),
    EventKind("core.invitation_sent", N_("{email} invited to work here"), "mail-plus"),
    EventKind("core.invitation_accepted", N_("{name} accepted the invitation to {email}"), "mail-check"),
    EventKind("core.invitation_revoked", N_("Invitation of {email} withdrawn"), "mail-x"),
    EventKind("core.membership_ended", N_("{name} left; {moved} open items were handed over"), "user-x"),
    EventKind("core.setting_saved", N_("Setting “{label}” changed from {before} to {after}"), "settings"),
    EventKind("core.setting_reset", N_("Setting “{label}” back to its default {after}"), "rotate-ccw"),
    EventKind("core.filter_shared", N_("Shared filter “{name}” saved"), "list-filter"),
    EventKind("core.filter_unshared", N_("Shared filter “{name}” taken back"), "list-filter"),
    EventKind("core.list_exported", N_("{rows} rows of “{list}” exported as {format}"), "download"),
    EventKind("core.calendar_saved", N_("Working calendar “{name}” saved"), "calendar-days"),
    EventKind("core.rule_draft_saved", N_("Draft of rule table “{table}” saved"), "pencil"),
    EventKind(
        "core.rule_published",
        N_("Version {number} of rule table “{table}” published, in effect from {effective_from}"),
        "table-2",
    ),
    EventKind("core.rule_submitted", N_("Version {number} of rule table “{table}” submitted for approval"), "send"),
    EventKind("core.rule_sent_back", N_("Version {number} of rule table “{table}” sent back: {reason}"), "undo-2"),
    EventKind("core.rule_withdrawn", N_("Version {number} of rule table “{table}” taken back from approval"), "undo-2"),
    EventKind("core.rule_approval_needed", N_("Changes of rule table “{table}” need approval"), "user-check"),
    EventKind("core.rule_approval_dropped", N_("Changes of rule table “{table}” need no approval"), "user-x"),
    EventKind("core.rule_draft_dropped", N_("Draft of rule table “{table}” dropped"), "trash-2"),
    EventKind("core.clock_started", N_("Time limit “{clock}” started, due {due}"), "clock"),
    EventKind("core.clock_changed", N_("Time limit “{clock}” decided anew, due {due}"), "clock"),
    EventKind("core.clock_paused", N_("Time limit “{clock}” paused: {reason}"), "pause"),
    EventKind("core.clock_resumed", N_("Time limit “{clock}” goes on, due {due}"), "play"),
    EventKind("core.clock_met", N_("Time limit “{clock}” met"), "check"),
    EventKind("core.clock_stopped_late", N_("Time limit “{clock}” ended late; it was due {due}"), "octagon-alert"),
    EventKind("core.clock_warned", N_("Time limit “{clock}” is about to run out, due {due}"), "hourglass"),
    EventKind("core.clock_breached", N_("Time limit “{clock}” exceeded; it was due {due}"), "octagon-alert"),
    EventKind("core.clock_escalated", N_("Overdue “{clock}” reported to {role}"), "megaphone"),
    EventKind("core.clock_cancelled", N_("Time limit “{clock}” no longer applies"), "x"),
    EventKind("core.gate_waived", N_("Condition “{gate}” waived: {reason}"), "shield-off"),
    EventKind(
        "core.record_refiled", N_("{number} was filed on {before}, now on {after}: {reason}"), "arrow-right-left"
    ),
    EventKind("core.told_apart", N_("{number} and {other} are not the same"), "split"),
    EventKind("core.person_erased", N_("Personal data erased: {reason}"), "eraser"),
    EventKind(
        "core.audit_verified",
        N_("Audit trail verified: {blocks} blocks, {events} events, problems: {problems}"),
        "shield-check",
    ),
    EventKind("core.approval_asked", N_("Approval for “{action}” asked for: {who}"), "stamp"),
    EventKind("core.approval_waits", N_("“{action}” now waits for approval by {who}"), "stamp"),
    EventKind("core.approval_given", N_("Approved “{action}” as {who}: {reason}"), "check"),
    EventKind("core.approval_given_for", N_("Approved “{action}” as {who}, for {holder}: {reason}"), "check"),
    EventKind("core.approval_refused", N_("Refused “{action}” as {who}: {reason}"), "x"),
    EventKind("core.approval_refused_for", N_("Refused “{action}” as {who}, for {holder}: {reason}"), "x"),
    EventKind("core.approval_granted", N_("“{action}” is approved and may be done"), "stamp"),
    EventKind("core.approval_withdrawn", N_("The request to approve “{action}” was withdrawn: {reason}"), "undo-2"),
    EventKind("core.approval_void", N_("The approval for “{action}” is void: {reason}"), "circle-x"),
    EventKind("core.approval_reminded", N_("Reminded: “{action}” waits for approval by {who}"), "bell"),
    EventKind("core.approval_overdue", N_("Approval of “{action}” by {who} is overdue"), "octagon-alert"),
    EventKind("core.approval_escalated", N_("Overdue approval of “{action}” reported to {role}"), "megaphone"),
    EventKind("core.approval_handed_over", N_("Approval of “{action}” handed over to {to}"), "forward"),
    EventKind("core.approval_asker_changed", N_("The request to approve “{action}” is now that of {to}"), "forward"),
    EventKind("core.checklist_begun", N_("Checklist “{checklist}” begun"), "list-checks"),
    EventKind("core.checklist_answered", N_("“{checklist}” answered: {items}"), "list-checks"),
    EventKind("core.checklist_completed", N_("Checklist “{checklist}” complete"), "list-checks"),
    EventKind(
        "core.checklist_published",
        N_("Version {number} of checklist “{checklist}” published: {reason}"),
        "list-checks",
    ),
    EventKind("core.document_issued", N_("{document} {number} issued"), "file-text"),
    EventKind("core.document_copied", N_("Copy {copy} of {document} {number}"), "copy"),
    EventKind("core.document_cancelled", N_("{document} {number} cancelled: {reason}"), "circle-x"),
    EventKind("core.deputy_named", N_("{deputy} approves for {person} from {from_day} to {to_day}"), "users-round"),
    EventKind("core.deputy_ended", N_("{deputy} no longer approves for {person}"), "user-x"),
    EventKind("core.delivery_retried", N_("A parked delivery was queued again"), "rotate-ccw"),
    EventKind("core.template_saved", N_("Template “{template}” changed, version {number}"), "mail-open"),
    EventKind("core.mail_queued", N_("Mail “{subject}” to {to} is to be sent"), "mail"),
    EventKind("core.mail_sent", N_("Mail “{subject}” to {to} sent"), "mail-check"),
    EventKind("core.mail_parked", N_("Mail “{subject}” to {to} could not be sent: {error}"), "mail-x"),
    EventKind("core.mail_unsure", N_("Whether mail “{subject}” to {to} was sent is not known"), "mail-x"),
    EventKind("core.mail_retried", N_("Mail “{subject}” to {to} is to be sent again"), "rotate-ccw"),
    EventKind("core.mail_arrived", N_("Mail “{subject}” to {to} did arrive"), "mail-check"),
    EventKind("core.mail_dropped", N_("Mail “{subject}” to {to} is not sent"), "mail-x"),
    EventKind(
        "core.import_finished",
        N_("Import of {file}: {added} added, {skipped} known already, {bad} bad rows"),
        "file-input",
    ),
    EventKind("core.import_batch", N_("Rows up to line {line} of {file} loaded: {added} added"), "file-input"),
    EventKind("core.task_ordered", N_("Background work ordered: {task}"), "list-checks"),
    EventKind("core.task_done", N_("Background work done: {task}. {note}"), "circle-check"),
    EventKind("core.task_failed", N_("Background work failed: {task}. {note}"), "octagon-alert"),
    EventKind("core.task_cancelled", N_("Background work stopped: {task}"), "x"),
    EventKind("core.task_retried", N_("Background work queued again: {task}"), "rotate-ccw"),
    EventKind("core.attachment_added", N_("“{file}” attached"), "paperclip"),
    EventKind("core.attachment_removed", N_("“{file}” removed: {reason}"), "trash-2"),
    EventKind("core.import_taken_back", N_("Load of {file} taken back: {rows} entries removed"), "undo-2"),
    EventKind("core.import_uploaded", N_("{file} uploaded for an import"), "file-up"),
    EventKind("core.import_mapping_saved", N_("Mapping of columns “{name}” saved"), "columns-3"),
    EventKind("core.files_expired", N_("{n} files whose time was over were removed"), "trash-2"),
    EventKind(
        "core.profile_applied",
        N_("Profile “{profile}”, version {version}, applied: {changed} things added or changed"),
        "factory",
    ),
    EventKind("core.demo_filled", N_("Demonstration records added"), "sparkles"),
)


def declare_core(registry: Registry) -> None:
    """The core's own permissions, settings, roles, event names and record kinds."""
    from core.approvals import services as approvals
    from core.approvals.models import Approval
    from core.attachments import reference_count
    from core.auth.invitations import Invitation
    from core.calendar_store import WorkingCalendar
    from core.checklists.models import ChecklistTemplate
    from core.companies.models import Company, Membership, OrgUnit, Role
    from core.decisions.store import DecisionTable
    from core.files import StoredFile, expire_files, may_open_file, sweep_content
    from core.imports import IMPORT, KINDS, RIGHT, Import, forget_imports, may_see_import
    from core.lists.background import EXPORT
    from core.mail.models import Mail
    from core.mail.services import MAIL, MANAGE
    from core.tasks import TASK, Task, may_open_files
    from core.told_by_mail import tell_by_mail

    for permission in CORE_PERMISSIONS:
        registry.declare("core", "permissions", permission.code, permission)
    for setting in CORE_SETTINGS:
        registry.declare("core", "settings", setting.key, setting)
    for event in CORE_EVENTS:
        registry.declare("core", "event_kinds", event.name, event)
    registry.roles["core"] = list(CORE_ROLES)
    kinds = (
        RecordKind("core.company", Company, N_("Company"), lambda c: c.name),
        RecordKind("core.unit", OrgUnit, N_("Organisation unit"), lambda u: u.name),
        RecordKind("core.role", Role, N_("Role"), lambda r: r.code),
        RecordKind("core.membership", Membership, N_("Person"), lambda m: str(m.user_id)),
        RecordKind("core.invitation", Invitation, N_("Invitation"), lambda i: i.email, view="core.users.manage"),
        RecordKind("core.rule_table", DecisionTable, N_("Rule table"), lambda t: t.name, view="core.rules.view"),
        RecordKind("core.calendar", WorkingCalendar, N_("Working calendar"), lambda c: c.name),
        RecordKind(
            TASK, Task, N_("Background work"), lambda t: label(t.label), endpoint="tasks.task_page", sees=may_open_files
        ),
        RecordKind(
            IMPORT,
            Import,
            N_("Import"),
            lambda i: i.name,
            endpoint="imports.import_page",
            view=RIGHT,
            sees=may_see_import,
        ),
        RecordKind(MAIL, Mail, N_("Mail"), lambda m: m.subject, endpoint="mail.mail_page", view=MANAGE),
        RecordKind("core.file", StoredFile, N_("File"), lambda f: f.name, sees=may_open_file),
        RecordKind(
            "core.approval",
            Approval,
            N_("Approval"),
            lambda a: a.record_number,
            "approvals.approval_page",
            sees=approvals.may_see,
        ),
        RecordKind(
            "core.checklist_template",
            ChecklistTemplate,
            N_("Checklist"),
            lambda c: c.code,
            view="core.checklists.edit",
        ),
    )
    for kind in kinds:
        registry.declare("core", "kinds", kind.kind, kind)
    step = ClockKind(approvals.CLOCK, N_("Approval"), table="", fired=approvals.fired)
    registry.declare("core", "clock_kinds", step.kind, step)
    hooks.answer_from_core(registry, "reference_count", "attachments", reference_count)
    hooks.answer_from_core(registry, "open_work_of", "approvals", approvals.open_work_of)
    hooks.answer_from_core(registry, "hand_over_work", "approvals", approvals.hand_over_work)
    for task_kind in (EXPORT, *KINDS):
        registry.declare("core", "task_kinds", task_kind.name, task_kind)
    registry.jobs["core"] = [
        Job("expire_files", expire_files, 3600),
        Job("sweep_files", sweep_content, 86400),
        Job("tell_by_mail", tell_by_mail, 60),
        Job("forget_imports", forget_imports, 86400),
    ]


def declare_plugins(registry: Registry) -> None:
    """Ask every plugin's declaration hooks once and take the answers."""
    from core import message_templates
    from core.approvals import chains
    from core.checklists import services as checklists
    from core.documents import services as documents

    for plugin in registry.plugins.values():
        for permission in plugin.manifest.permissions:
            registry.declare(plugin.name, "permissions", permission.code, permission)
        for setting in plugin.manifest.settings:
            registry.declare(plugin.name, "settings", setting.key, setting)
    keyed = (
        ("record_kinds", "kinds", "kind"),
        ("event_kinds", "event_kinds", "name"),
        ("clock_kinds", "clock_kinds", "kind"),
        ("decision_tables", "tables", "name"),
        ("workflows", "workflows", "kind"),
        ("checklists", "checklists", "code"),
        ("importers", "importers", "name"),
        ("task_kinds", "task_kinds", "name"),
        ("lists", "lists", "name"),
        ("message_templates", "message_templates", "code"),
        ("document_kinds", "document_kinds", "code"),
        ("profile_sections", "profile_sections", "name"),
    )
    for hook, sort, attribute in keyed:
        for name, item in hooks.declared(registry, hook):
            registry.declare(name, sort, getattr(item, attribute), item)
    _check_lists(registry)
    if wrong := message_templates.check_declared(registry) + documents.check_declared(registry):
        raise ConfigurationError("; ".join(wrong))
    for name, handler in hooks.declared(registry, "event_handlers"):
        registry.handlers.setdefault(handler.event, []).append((name, handler))
    for name, job in hooks.declared(registry, "jobs"):
        registry.jobs.setdefault(name, []).append(job)
    for name, words in hooks.declared(registry, "column_words"):
        registry.column_words.setdefault(name, []).append(words)
    for name, role in hooks.declared(registry, "default_roles"):
        _propose(registry.roles.setdefault(name, []), role)
    chains.declare_tables(registry)
    checklists.declare_tables(registry)


def _propose(roles: list[RoleDef], role: RoleDef) -> None:
    """Add a role to those that a plugin proposes; one that it names several times has the rights of all."""
    for place, before in enumerate(roles):
        if before.code == role.code:
            roles[place] = replace(before, permissions=tuple(dict.fromkeys((*before.permissions, *role.permissions))))
            return
    roles.append(role)


def _check_lists(registry: Registry) -> None:
    """Raise ConfigurationError for a list that can't work, naming it and what is wrong."""
    for name, definition in registry.lists.items():
        plugin = registry.owner_of("lists", name)
        wrong = definition.problems()
        if not name.startswith(f"{plugin}."):
            wrong.append(f"its name must begin with {plugin + '.'!r}")
        rights = [definition.view, definition.export, *(a.permission for a in definition.actions)]
        wrong += [f"nobody declares the right {r!r}" for r in rights if r and r not in registry.permissions]
        if wrong:
            raise ConfigurationError(f"plugin {plugin!r}: list {name!r}: {'; '.join(wrong)}")
