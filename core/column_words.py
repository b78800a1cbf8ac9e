"""What columns are called and what stands in them, in words: for the audit trail and for timelines, Flask-free.

A plugin says it once (hook ``column_words``). A state is worded by its workflow, a column that points to a record by
what such records are called; what is common to many tables the core says here.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

from core.approvals import models as approvals
from core.db import Base
from core.i18n import N_, _, label
from core.mail.models import STATE_WORDS as MAIL_STATES
from core.references import owner_of_table
from core.registry import ColumnWords, Registry

TECHNICAL = frozenset(
    {
        "id", "company_id", "version", "external_key", "urgent_at", "facts", "digest", "cursor", "params",
        "source_event_id", "alone", "runs", "failures", "lease_until", "mapping_from", "cause", "secret", "message_id",
        "claim", "purpose", "entered",
    }
)  # fmt: skip
"""Columns of which only the program makes use; they have no words."""

CORE = ColumnWords(
    {
        "accepted_at": N_("Accepted"),
        "active": N_("Active"),
        "added_at": N_("Added"),
        "added_by": N_("Added by"),
        "added_name": N_("Added by"),
        "answered_at": N_("Answered"),
        "answered_by": N_("Answered by"),
        "approved_at": N_("Approved"),
        "approved_by": N_("Approved by"),
        "approves": N_("Approves"),
        "args": N_("Filter"),
        "asked_at": N_("Asked"),
        "asked_by_id": N_("Asked by"),
        "asked_by_name": N_("Asked by"),
        "assignee_id": N_("Person in charge"),
        "at": N_("When"),
        "attempts": N_("Attempts"),
        "body": N_("Content"),
        "by_id": N_("Person"),
        "by_name": N_("Person"),
        "calendar": N_("Working calendar"),
        "cancel_asked": N_("Asked to stop"),
        "cancel_reason": N_("Why cancelled"),
        "cancelled_at": N_("Cancelled"),
        "cancelled_by": N_("Cancelled by"),
        "breached_at": N_("Overdue since"),
        "code": N_("Code"),
        "copies": N_("Copies"),
        "created_at": N_("Added"),
        "created_by": N_("Added by"),
        "currency": N_("Currency"),
        "data_scope": N_("Sees"),
        "decision_id": N_("Decision"),
        "deputy_id": N_("Deputy"),
        "done_at": N_("Done"),
        "done": N_("Done"),
        "due_at": N_("Due"),
        "edited_at": N_("Edited"),
        "edited_by": N_("Edited by"),
        "effective_from": N_("In force from"),
        "email": N_("E-mail"),
        "enabled": N_("Switched on"),
        "ended_at": N_("Ended"),
        "ended_why": N_("Why it ended"),
        "error": N_("Error"),
        "escalate_to": N_("Escalates to"),
        "expires_at": N_("Valid until"),
        "file_id": N_("File"),
        "from_day": N_("From day"),
        "handed_at": N_("Handed over"),
        "handed_to_id": N_("Handed to"),
        "holder_id": N_("Person"),
        "holder_name": N_("Person"),
        "holders": N_("People"),
        "importer": N_("Kind of record"),
        "inviter_id": N_("Invited by"),
        "inviter_name": N_("Invited by"),
        "issued_at": N_("Issued"),
        "issued_by": N_("Issued by"),
        "item": N_("Item"),
        "key": N_("Setting"),
        "kind": N_("Kind"),
        "label": N_("Label"),
        "limit_amount": N_("Time limit"),
        "limit_unit": N_("Unit of time"),
        "list_name": N_("List"),
        "locale": N_("Language"),
        "mapping": N_("Columns"),
        "media_type": N_("Kind of file"),
        "name": N_("Name"),
        "needs_approval": N_("Changes need approval"),
        "note": N_("Note"),
        "number": N_("Number"),
        "outcome": N_("Outcome"),
        "outputs": N_("Results"),
        "owner_id": N_("Whose"),
        "owner_name": N_("Whose"),
        "parent_id": N_("Belongs to"),
        "paused_at": N_("Paused"),
        "pauses": N_("Pauses"),
        "permissions": N_("Rights"),
        "person_id": N_("Person"),
        "photos": N_("Photos"),
        "plugin": N_("Module"),
        "profile": N_("Industry profile"),
        "published_at": N_("Published"),
        "published_by": N_("Published by"),
        "put_at": N_("Added"),
        "put_by": N_("Added by"),
        "reason": N_("Reason"),
        "recipient": N_("Recipient"),
        "record_id": N_("Record"),
        "record_kind": N_("Kind of record"),
        "record_number": N_("Number"),
        "region": N_("Region"),
        "remark": N_("Remark"),
        "reply_to": N_("Reply to"),
        "result": N_("Result"),
        "revoked_at": N_("Withdrawn"),
        "role": N_("Role"),
        "role_codes": N_("Roles"),
        "rows": N_("Rows"),
        "second_factor_required": N_("Needs a second factor"),
        "sender_address": N_("Sender"),
        "sender_name": N_("Sender"),
        "sent_at": N_("Sent"),
        "sent_back_by": N_("Sent back by"),
        "sent_back_reason": N_("Why sent back"),
        "shared": N_("Shared"),
        "size": N_("Size"),
        "started_at": N_("Started"),
        "state": N_("State"),
        "status": N_("State"),
        "stopped_at": N_("Stopped"),
        "subject": N_("Subject"),
        "submitted_at": N_("Submitted"),
        "submitted_by": N_("Submitted by"),
        "text": N_("Text"),
        "timezone": N_("Time zone"),
        "title": N_("Title"),
        "to_day": N_("To day"),
        "total": N_("In all"),
        "transition": N_("Step"),
        "unit_id": N_("Organisation unit"),
        "user_id": N_("Person"),
        "value": N_("Set to"),
        "version_id": N_("Version"),
        "version_number": N_("Version"),
        "warn_at": N_("Warns at"),
        "warn_share": N_("Warns at a share of"),
        "warned_at": N_("Warned"),
        "words": N_("In words"),
    },
    {
        "core_clock.state": {
            "running": N_("Running"),
            "paused": N_("Paused"),
            "met": N_("Met"),
            "missed": N_("Missed"),
            "cancelled": N_("Cancelled"),
        },
        "core_approval.state": {
            approvals.WAITING: N_("waits"),
            approvals.GRANTED: N_("approved, not done yet"),
            approvals.USED: N_("approved and done"),
            approvals.REFUSED: N_("refused"),
            approvals.WITHDRAWN: N_("withdrawn"),
            approvals.VOID: N_("void"),
        },
        "core_approval_step.state": {
            approvals.AHEAD: N_("Ahead"),
            approvals.WAITING: N_("Waiting"),
            approvals.DONE: N_("Done"),
            approvals.REFUSED: N_("Refused"),
            approvals.LEFT: N_("Left out"),
        },
        "core_decision_version.status": {"draft": N_("Draft"), "published": N_("Published")},
        "core_mail.state": MAIL_STATES,
        "core_membership.data_scope": {
            "company": N_("the whole company"),
            "units": N_("the own unit and those below it"),
        },
        "core_org_unit.kind": {
            "headquarters": N_("Headquarters"),
            "centre": N_("Service centre"),
            "agent": N_("Agent"),
            "department": N_("Department"),
        },
        "core_task.state": {
            "queued": N_("Queued"),
            "running": N_("Running"),
            "done": N_("Done"),
            "failed": N_("Failed"),
            "cancelled": N_("Cancelled"),
        },
        "locale": {"zh": N_("In Chinese"), "en": N_("In English")},
    },
)


TABLES = {
    "core_approval_step": N_("Step of an approval"),
    "core_approval_vote": N_("Vote on an approval"),
    "core_attachment": N_("Attachment"),
    "core_calendar": N_("Working calendar"),
    "core_checklist": N_("Checklist"),
    "core_checklist_answer": N_("Answer on a checklist"),
    "core_checklist_version": N_("Version of a checklist"),
    "core_clock": N_("Time limit"),
    "core_company_plugin": N_("Module"),
    "core_decision": N_("Decision"),
    "core_decision_table": N_("Rule table"),
    "core_decision_version": N_("Version of a rule table"),
    "core_delivery": N_("Delivery"),
    "core_deputy": N_("Deputy"),
    "core_document": N_("Document"),
    "core_file": N_("File"),
    "core_import": N_("Import"),
    "core_invitation": N_("Invitation"),
    "core_mail": N_("Mail"),
    "core_membership": N_("Member of the company"),
    "core_merge": N_("Merging"),
    "core_org_unit": N_("Organisation unit"),
    "core_profile_item": N_("Part of an industry profile"),
    "core_role": N_("Role"),
    "core_saved_filter": N_("Saved filter"),
    "core_setting": N_("Setting"),
    "core_task": N_("Task"),
    "core_template_version": N_("Version of a message"),
    "core_told_apart": N_("Told apart"),
}
"""What one row of a table of the core is called, where it is no kind of record."""


def _said(registry: Registry, table: str) -> Iterator[ColumnWords]:
    """Whoever says something of a table's columns, its own plugin first."""
    yield from registry.column_words.get(owner_of_table(registry, table) or "", ())
    yield CORE


def table_words(registry: Registry, table: str) -> str:
    """What one row of a table is called; empty where nobody says."""
    kind = next((k for k in registry.kinds.values() if getattr(k.model, "__tablename__", "") == table), None)
    return _(kind.label) if kind else label(TABLES.get(table) or _said_of_tables().get(table, ""))


@functools.cache
def _said_of_tables() -> dict[str, Any]:
    return {str(m.local_table): getattr(m.class_, "__label__", "") for m in Base.registry.mappers}


def column_words(registry: Registry, table: str, column: str) -> str:
    """What a column is called, in the language of the moment; empty where nobody says."""
    for said in _said(registry, table):
        words = said.labels.get(f"{table}.{column}") or said.labels.get(column)
        if words:
            return _(words)
    if table in Base.metadata.tables and column in Base.metadata.tables[table].c:
        target = Base.metadata.tables[table].c[column].info.get("owned_ref", "")
        return table_words(registry, target) if target else ""
    return ""


def coded_words(registry: Registry, table: str, column: str, value: Any) -> str:
    """A code that stands in a column, in words; empty for what is no known code."""
    if not isinstance(value, str) or not value:
        return ""
    kind = next((k for k in registry.kinds.values() if getattr(k.model, "__tablename__", "") == table), None)
    workflow = registry.workflows.get(kind.kind) if kind and column == "state" else None
    if workflow is not None:
        found = next((s.label for s in workflow.states if s.name == value), "")
        if found:
            return _(found)
    for said in _said(registry, table):
        known = said.values.get(f"{table}.{column}") or said.values.get(column) or {}
        if value in known:
            return _(known[value])
    if column in ("record_kind", "kind") and value in registry.kinds:
        return _(registry.kinds[value].label)
    if column == "plugin" and (value == "core" or value in registry.plugins):
        return registry.plugin_label(value)
    return ""
