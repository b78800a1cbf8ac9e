"""Approval before a rule takes effect: a draft is submitted, and somebody else approves it or sends it back.

Whether a table needs it is a setting of the company (``DecisionTable.needs_approval``, at first off). Nobody approves
what he or she wrote or submitted. ``why_not_approve`` alone decides who may: a chain of several people would ask there.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from core.companies.models import Membership, Role
from core.context import Ctx
from core.db import transaction
from core.decisions.store import (
    DecisionTable,
    DecisionVersion,
    check_publishable,
    draft_of,
    latest_published,
    put_in_force,
    require_edit,
    table_named,
)
from core.errors import Conflict, Forbidden, Invalid
from core.events import emit
from core.i18n import N_, _, label
from core.notifications import notify

APPROVE = "core.rules.approve"


def set_needs_approval(ctx: Ctx, name: str, needed: bool) -> DecisionTable:
    """Say whether versions of a table need another person's approval. Needs ``core.settings.edit``; it is on record."""
    ctx.require("core.settings.edit")
    with transaction(ctx):
        table = table_named(ctx, name)
        if table.needs_approval != needed:
            table.needs_approval = needed
            ctx.session.flush()
            event = "core.rule_approval_needed" if needed else "core.rule_approval_dropped"
            emit(ctx, event, table, table=label(_called(ctx, table)))
        return table


def submit(ctx: Ctx, name: str) -> DecisionVersion:
    """Hand the draft in for approval; until it is approved, sent back or withdrawn nobody can change it."""
    with transaction(ctx):
        table, draft = _table_and_draft(ctx, name)
        require_edit(ctx, table)
        if not table.needs_approval:
            raise Conflict("no_approval_needed", _("This rule table needs no approval. Publish the draft."))
        if draft.submitted_at is not None:
            raise Conflict("submitted", _("The draft is submitted already and waits for approval."))
        check_publishable(ctx, name, draft)
        draft.submitted_at, draft.submitted_by, draft.submitted_by_id = ctx.now, ctx.actor.name, ctx.actor.user_id
        draft.sent_back_by = draft.sent_back_reason = ""
        ctx.session.flush()
        facts = {"table": _called(ctx, table), "number": draft.number, "reason": draft.reason}
        emit(ctx, "core.rule_submitted", table, **{**facts, "table": label(facts["table"])})
        people = [user for user in _holders(ctx) if user not in _authors(draft)]
        text = N_("{by} submitted version {number} of rule table “{table}” for approval")
        once = f"rule-submitted:{draft.id}:{draft.version}"
        notify(ctx, people, text, record=table, once=once, by=ctx.actor.name, **facts)
        return draft


def approve(ctx: Ctx, name: str, effective_from: dt.date | None = None) -> DecisionVersion:
    """Approve the submitted draft: it is published and in force from its date, or from ``effective_from`` if given."""
    with transaction(ctx):
        table, draft = _submitted(ctx, name)
        _require_other(ctx, draft)
        if effective_from is not None:
            draft.effective_from = effective_from
        check_publishable(ctx, name, draft)
        draft.approved_at, draft.approved_by = ctx.now, ctx.actor.name
        put_in_force(ctx, table, draft)
        text = N_("{by} approved version {number} of rule table “{table}”")
        _tell_submitter(ctx, table, draft, text, "approved")
        return draft


def send_back(ctx: Ctx, name: str, reason: str) -> DecisionVersion:
    """Give the submitted draft back to be changed, with a reason."""
    with transaction(ctx):
        table, draft = _submitted(ctx, name)
        _require_other(ctx, draft)
        if not reason.strip():
            raise Invalid("reason_needed", _("Say what has to change before it can be approved."), "sent_back_reason")
        draft.sent_back_by, draft.sent_back_reason = ctx.actor.name, reason.strip()
        draft.submitted_at = None
        ctx.session.flush()
        facts = {"table": _called(ctx, table), "number": draft.number, "reason": draft.sent_back_reason}
        emit(ctx, "core.rule_sent_back", table, **{**facts, "table": label(facts["table"])})
        text = N_("{by} sent version {number} of rule table “{table}” back: {reason}")
        _tell_submitter(ctx, table, draft, text, "sent-back")
        return draft


def withdraw(ctx: Ctx, name: str) -> DecisionVersion:
    """Take the submitted draft back to go on with it; whoever may edit the table may."""
    with transaction(ctx):
        table, draft = _submitted(ctx, name)
        require_edit(ctx, table)
        draft.submitted_at = None
        ctx.session.flush()
        emit(ctx, "core.rule_withdrawn", table, table=label(_called(ctx, table)), number=draft.number)
        return draft


def why_not_approve(ctx: Ctx, draft: DecisionVersion) -> str:
    """Why this person may not approve a draft; empty when he or she may."""
    if not ctx.can(APPROVE):
        right = ctx.registry.permission_label(APPROVE)
        return _("You need the right “{right}” for this. An administrator can give it.", right=right)
    if ctx.actor.user_id is None or ctx.actor.user_id in _authors(draft):
        return _("Somebody else has to approve what you wrote or submitted.")
    return ""


def _authors(draft: DecisionVersion) -> set[int]:
    """Everybody who saved or submitted the draft."""
    return {*draft.author_ids, *([draft.submitted_by_id] if draft.submitted_by_id is not None else [])}


def _holders(ctx: Ctx) -> list[int]:
    """The people who hold the right to approve here now."""
    roles = ctx.session.execute(sa.select(Role.code, Role.permissions))
    holding = {code for code, permissions in roles if APPROVE in permissions}
    query = sa.select(Membership.user_id, Membership.role_codes).where(Membership.active.is_(True))
    return sorted(user_id for user_id, codes in ctx.session.execute(query) if holding & set(codes))


def _require_other(ctx: Ctx, draft: DecisionVersion) -> None:
    refusal = why_not_approve(ctx, draft)
    if refusal:
        raise Forbidden("not_the_approver", refusal)


def _table_and_draft(ctx: Ctx, name: str) -> tuple[DecisionTable, DecisionVersion]:
    table = table_named(ctx, name)
    draft = draft_of(ctx, table)
    if draft is None:
        raise Conflict("no_draft", _("There is no draft of this rule table."))
    return table, draft


def _submitted(ctx: Ctx, name: str) -> tuple[DecisionTable, DecisionVersion]:
    table, draft = _table_and_draft(ctx, name)
    if draft.submitted_at is None:
        raise Conflict("not_submitted", _("The draft is not submitted for approval."))
    return table, draft


def _tell_submitter(ctx: Ctx, table: DecisionTable, draft: DecisionVersion, text: str, what: str) -> None:
    if draft.submitted_by_id is not None:
        once = f"rule-{what}:{draft.id}:{draft.version}"
        facts = {"number": draft.number, "table": _called(ctx, table), "reason": draft.sent_back_reason}
        notify(ctx, [draft.submitted_by_id], text, record=table, once=once, by=ctx.actor.name, **facts)


def _called(ctx: Ctx, table: DecisionTable):
    """What the table is called, in every language it has a name in."""
    return latest_published(ctx, table).body.get("label") or table.name
