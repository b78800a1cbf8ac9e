"""What plugins may import, Flask-free. Views and admin panels also import ``core.web_api``, tests ``core.testing``.

Names here are kept: one that must go is first deprecated for a release, with a warning that says what replaces it.
"""

from core.calendar_store import ALWAYS, OFFICE, calendar
from core.clocks import (
    Clock,
    cancel_clock,
    clocks_on,
    decision_of,
    find_clock,
    pause_clock,
    restart_clock,
    resume_clock,
    start_clock,
    stop_clock,
)
from core.companies.models import Company, Membership, OrgUnit, Role
from core.companies.services import descendants, save_unit, unit_by_code
from core.context import SYSTEM, Actor, Ctx
from core.contributions import Figure, Hit, Offer, OpenWork, Panel, WorkItem
from core.db import (
    Base,
    BigId,
    CompanyOwned,
    Id,
    JsonType,
    Money,
    Quantity,
    UnitScoped,
    UtcDateTime,
    Versioned,
    after_commit,
    bulk_insert,
    owned_ref,
    owned_relationship,
    plain,
    transaction,
)
from core.decisions.store import Ruling, StoredDecision, decisions_on, install_shipped, recall, rule
from core.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from core.events import Event, Handler, RecordRef, emit, emit_if_changed, emit_many, ref_of, timeline
from core.hooks import Gate, ask, collect, collect_items, require_all
from core.hookspecs import hookimpl, hookspec
from core.i18n import N_, _, get_locale, label, n_, use_locale
from core.notifications import notify, people_with_role
from core.plugins import Manifest
from core.registry import ClockKind, EventKind, Job, Permission, RecordKind, RoleDef, SettingDef, TableDef
from core.sequences import next_number
from core.settings import get_setting
from core.shipped import read_table_file
from core.workflow import State, Transition, Workflow, advance, gates, possible

__all__ = [
    "ALWAYS",
    "OFFICE",
    "SYSTEM",
    "Actor",
    "Base",
    "BigId",
    "Clock",
    "ClockKind",
    "Company",
    "CompanyOwned",
    "Conflict",
    "Ctx",
    "DomainError",
    "Event",
    "EventKind",
    "Figure",
    "Forbidden",
    "Gate",
    "Handler",
    "Hit",
    "Id",
    "Invalid",
    "Job",
    "JsonType",
    "Manifest",
    "Membership",
    "Money",
    "N_",
    "NotFound",
    "Offer",
    "OpenWork",
    "OrgUnit",
    "Panel",
    "Permission",
    "Quantity",
    "RecordKind",
    "RecordRef",
    "Role",
    "RoleDef",
    "Ruling",
    "SettingDef",
    "State",
    "StoredDecision",
    "TableDef",
    "Transition",
    "UnitScoped",
    "UtcDateTime",
    "Versioned",
    "WorkItem",
    "Workflow",
    "_",
    "advance",
    "after_commit",
    "ask",
    "bulk_insert",
    "calendar",
    "cancel_clock",
    "clocks_on",
    "collect",
    "collect_items",
    "decision_of",
    "decisions_on",
    "descendants",
    "emit",
    "emit_if_changed",
    "emit_many",
    "find_clock",
    "gates",
    "get_locale",
    "get_setting",
    "hookimpl",
    "hookspec",
    "install_shipped",
    "label",
    "n_",
    "next_number",
    "notify",
    "owned_ref",
    "owned_relationship",
    "pause_clock",
    "people_with_role",
    "plain",
    "possible",
    "read_table_file",
    "recall",
    "ref_of",
    "require_all",
    "restart_clock",
    "resume_clock",
    "rule",
    "save_unit",
    "start_clock",
    "stop_clock",
    "timeline",
    "transaction",
    "unit_by_code",
    "use_locale",
]
