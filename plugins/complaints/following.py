"""Reads of what follows from complaints: causes, meetings, actions, rewards, linked complaints, reports of centres."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Ctx, Membership, NotFound, OrgUnit, _
from plugins.complaints.models import (
    ActionSource,
    Answer,
    Cause,
    CauseAction,
    CentreReport,
    Complaint,
    Meeting,
    Questionnaire,
    Reward,
)
from plugins.complaints.rules import below, path_of

# --- causes ---------------------------------------------------------------------------------------------------------


@dataclass
class Tree:
    """The company's causes, read once: paths in words, what lies below one, which department answers for one."""

    causes: list[Cause]
    by_id: dict[int, Cause] = field(init=False)
    parents: dict[int, int | None] = field(init=False)

    def __post_init__(self) -> None:
        self.by_id = {c.id: c for c in self.causes}
        self.parents = {c.id: c.parent_id for c in self.causes}

    def path(self, cause_id: int | None) -> list[Cause]:
        """The cause and all above it, the topmost first."""
        return [self.by_id[i] for i in path_of(self.parents, cause_id) if i in self.by_id]

    def path_words(self, cause_id: int | None) -> str:
        """``Product › Leak › Seal``."""
        return " › ".join(c.name for c in self.path(cause_id))

    def below(self, cause_id: int) -> set[int]:
        """The ids of a cause and of everything under it."""
        return below(self.parents, cause_id)

    def children(self, cause_id: int | None) -> list[Cause]:
        """The causes right below one (None: the topmost), by code."""
        return sorted((c for c in self.causes if c.parent_id == cause_id), key=lambda c: c.code)

    def department_of(self, cause_id: int) -> int | None:
        """The department of the cause, or of the nearest one above it that has one."""
        return next((c.unit_id for c in reversed(self.path(cause_id)) if c.unit_id is not None), None)

    def needs_action(self, cause_id: int | None) -> bool:
        """Whether it, or one above it, calls for a corrective action."""
        return any(c.needs_action for c in self.path(cause_id))

    def in_order(self, *, active_only: bool = False) -> list[tuple[int, Cause]]:
        """(depth, cause) in the order of the tree."""
        found: list[tuple[int, Cause]] = []

        def walk(parent: int | None, depth: int) -> None:
            for cause in self.children(parent):
                if depth < len(self.causes) and (cause.active or not active_only):
                    found.append((depth, cause))
                    walk(cause.id, depth + 1)

        walk(None, 0)
        return found


def tree(ctx: Ctx) -> Tree:
    """All causes of the company, in one statement."""
    return Tree(list(ctx.session.scalars(sa.select(Cause).order_by(Cause.code))))


def get_cause(ctx: Ctx, cause_id: int) -> Cause:
    """The cause; NotFound when there is none."""
    row = ctx.session.scalar(sa.select(Cause).where(Cause.id == cause_id))
    if row is None:
        raise NotFound("unknown_cause", _("There is no such cause."))
    return row


def meetings_of(ctx: Ctx, complaint_id: int) -> list[Meeting]:
    """When the customer was met, newest first."""
    query = sa.select(Meeting).where(Meeting.complaint_id == complaint_id).order_by(Meeting.id.desc())
    return list(ctx.session.scalars(query))


# --- linked complaints ----------------------------------------------------------------------------------------------


def group_of(ctx: Ctx, lead_id: int, limit: int = 200) -> list[Complaint]:
    """The complaints linked to a lead, oldest first, without the lead itself."""
    query = sa.select(Complaint).options(orm.joinedload(Complaint.customer)).where(Complaint.lead_id == lead_id)
    return list(ctx.session.scalars(query.order_by(Complaint.id).limit(limit)))


def count_followers(ctx: Ctx, lead_id: int) -> int:
    """How many complaints are linked to this one."""
    return ctx.session.scalar(sa.select(sa.func.count(Complaint.id)).where(Complaint.lead_id == lead_id)) or 0


# --- actions --------------------------------------------------------------------------------------------------------


def get_action(ctx: Ctx, action_id: int) -> CauseAction:
    """The action; NotFound when there is none for this person."""
    query = sa.select(CauseAction).options(orm.joinedload(CauseAction.department), orm.joinedload(CauseAction.cause))
    row = ctx.session.scalar(query.where(CauseAction.id == action_id))
    if row is None:
        raise NotFound("unknown_action", _("There is no such action, or it is not meant for you."))
    return row


def actions_of(ctx: Ctx, complaint_id: int) -> list[CauseAction]:
    """The actions taken for a complaint or for the lead of its group, newest first."""
    lead = sa.select(Complaint.lead_id).where(Complaint.id == complaint_id)
    sources = sa.select(ActionSource.action_id).where(
        sa.or_(ActionSource.complaint_id == complaint_id, ActionSource.complaint_id.in_(lead))
    )
    query = sa.select(CauseAction).where(CauseAction.id.in_(sources)).order_by(CauseAction.id.desc())
    return list(ctx.session.scalars(query))


def sources_of(ctx: Ctx, action_id: int) -> list[Complaint]:
    """The complaints for which an action was taken."""
    query = sa.select(Complaint).options(orm.joinedload(Complaint.customer))
    query = query.join(ActionSource, ActionSource.complaint_id == Complaint.id)
    return list(ctx.session.scalars(query.where(ActionSource.action_id == action_id).order_by(Complaint.id)))


def followed_by(ctx: Ctx, action_id: int) -> CauseAction | None:
    """The action that took the place of one that had no effect."""
    return ctx.session.scalar(sa.select(CauseAction).where(CauseAction.follows_id == action_id))


def action_tab(ctx: Ctx, tab: str) -> Any:
    """The condition of one of the tabs of the list of actions."""
    is_open = CauseAction.is_open.is_(True)
    clauses: dict[str, Any] = {
        "mine": sa.and_(is_open, CauseAction.assignee_id == ctx.actor.user_id),
        "overdue": sa.and_(is_open, CauseAction.urgent_at < ctx.now),
        "check": CauseAction.state == "done",
        "open": is_open,
        "all": sa.true(),
    }
    return clauses.get(tab, is_open)


def action_search(text: str) -> Any:
    """Number or title of an action."""
    text = text.strip()[:100]
    return sa.or_(
        CauseAction.number.istartswith(text, autoescape=True), CauseAction.title.icontains(text, autoescape=True)
    )


def open_actions_of(ctx: Ctx, user_id: int, limit: int = 50) -> list[CauseAction]:
    """The open actions of a person, most urgent first."""
    query = sa.select(CauseAction).where(CauseAction.assignee_id == user_id, CauseAction.is_open.is_(True))
    return list(ctx.session.scalars(query.order_by(CauseAction.urgent_at, CauseAction.id).limit(limit)))


def count_open_actions(ctx: Ctx, user_id: int) -> int:
    """How many open actions a person has."""
    query = sa.select(sa.func.count(CauseAction.id)).where(
        CauseAction.assignee_id == user_id, CauseAction.is_open.is_(True)
    )
    return ctx.session.scalar(query) or 0


# --- rewards --------------------------------------------------------------------------------------------------------


def get_reward(ctx: Ctx, reward_id: int) -> Reward:
    """The reward; NotFound when there is none, or its suggestion is not meant for this person."""
    query = sa.select(Reward).join(Complaint, Complaint.id == Reward.complaint_id).where(Reward.id == reward_id)
    row = ctx.session.scalar(query)
    if row is None:
        raise NotFound("unknown_reward", _("There is no such reward."))
    return row


def rewards_of(ctx: Ctx, complaint_id: int) -> list[Reward]:
    """The rewards for a suggestion, newest first."""
    query = sa.select(Reward).where(Reward.complaint_id == complaint_id).order_by(Reward.id.desc())
    return list(ctx.session.scalars(query))


def rewards_query() -> sa.Select:
    """Rewards with their suggestions, as far as these are meant for this person; the caller pages and sorts."""
    query = sa.select(Reward).options(orm.joinedload(Reward.complaint))
    return query.join(Complaint, Complaint.id == Reward.complaint_id)


def reward_totals(ctx: Ctx) -> dict[str, tuple[int, Any]]:
    """State → (how many rewards, their value altogether), in one statement."""
    query = sa.select(Reward.state, sa.func.count(Reward.id), sa.func.sum(Reward.value))
    query = query.join(Complaint, Complaint.id == Reward.complaint_id).group_by(Reward.state)
    return {state: (count, value) for state, count, value in ctx.session.execute(query)}


# --- reports of centres ---------------------------------------------------------------------------------------------


def get_report(ctx: Ctx, report_id: int) -> CentreReport:
    """The report; NotFound when there is none for this person."""
    query = sa.select(CentreReport).options(orm.joinedload(CentreReport.centre))
    row = ctx.session.scalar(query.where(CentreReport.id == report_id))
    if row is None:
        raise NotFound("unknown_report", _("There is no such report, or it is not meant for you."))
    return row


def reports_query() -> sa.Select:
    """Reports with their centres; the caller pages and sorts."""
    return sa.select(CentreReport).options(orm.joinedload(CentreReport.centre))


def reports_of_period(ctx: Ctx, begins: Any, ends: Any) -> list[CentreReport]:
    """The reports of all centres on one period, by centre."""
    query = reports_query().where(CentreReport.begins_on == begins, CentreReport.ends_on == ends)
    return list(ctx.session.scalars(query.order_by(CentreReport.unit_id)))


def periods_reported(ctx: Ctx, limit: int = 24) -> list[tuple[Any, Any]]:
    """(begin, end) of the periods on which there are reports, newest first."""
    query = sa.select(CentreReport.begins_on, CentreReport.ends_on).distinct()
    query = query.order_by(CentreReport.begins_on.desc(), CentreReport.ends_on.desc()).limit(limit)
    return [(row[0], row[1]) for row in ctx.session.execute(query)]


def centres(ctx: Ctx) -> list[OrgUnit]:
    """The active regional centres and agents, by name: those that report."""
    query = sa.select(OrgUnit).where(OrgUnit.kind.in_(("centre", "agent")), OrgUnit.active.is_(True))
    return list(ctx.session.scalars(query.order_by(OrgUnit.name)))


def added_up(ctx: Ctx, begins: Any, ends: Any) -> dict[str, Any]:
    """What the centres submitted on a period: ``heads`` their names, ``rows`` (label, value of each, sum) of each
    figure, ``missing`` the centres that are still to submit.
    """
    submitted = [r for r in reports_of_period(ctx, begins, ends) if r.state == "submitted"]
    labels: dict[str, Any] = {}
    values: dict[str, dict[int, int]] = {}
    for report in submitted:
        for figure in report.figures:
            labels.setdefault(figure["key"], figure["label"])
            values.setdefault(figure["key"], {})[report.id] = figure["value"]
    rows = [(labels[key], [found.get(r.id) for r in submitted], sum(found.values())) for key, found in values.items()]
    done = {r.unit_id for r in submitted}
    heads = [r.centre.name if r.centre else "" for r in submitted]
    return {"heads": heads, "rows": rows, "missing": [u.name for u in centres(ctx) if u.id not in done]}


def heads_of(ctx: Ctx, unit_ids: Sequence[int], role: str) -> list[int]:
    """Who works in these units and holds a role."""
    query = sa.select(Membership.user_id, Membership.role_codes).where(
        Membership.unit_id.in_(list(unit_ids)), Membership.active.is_(True)
    )
    return sorted(user_id for user_id, codes in ctx.session.execute(query) if role in (codes or ()))


# --- questionnaires -------------------------------------------------------------------------------------------------


def get_questionnaire(ctx: Ctx, questionnaire_id: int) -> Questionnaire:
    """One of the company's; NotFound otherwise."""
    row = ctx.session.scalar(sa.select(Questionnaire).where(Questionnaire.id == questionnaire_id))
    if row is None:
        raise NotFound("unknown_questionnaire", _("There is no such questionnaire."))
    return row


def is_open(ctx: Ctx, row: Questionnaire) -> bool:
    """Whether customers can answer it today: the last day counts."""
    return row.active and (row.valid_until is None or ctx.today <= row.valid_until)


def title_of(row: Questionnaire, locale: str) -> str:
    """Its title in a language; in Chinese where there is no other."""
    return (row.title_en if locale == "en" else "") or row.title_zh


def answer_by_key(ctx: Ctx, key: str) -> Answer | None:
    """What was sent under this key."""
    return ctx.session.scalar(sa.select(Answer).where(Answer.key == key))


def answer_of(ctx: Ctx, complaint_id: int) -> tuple[Answer, Questionnaire] | None:
    """What a complaint or suggestion came from, if from a questionnaire."""
    query = sa.select(Answer, Questionnaire).join(Questionnaire, Questionnaire.id == Answer.questionnaire_id)
    found = ctx.session.execute(query.where(Answer.complaint_id == complaint_id).limit(1)).first()
    return (found[0], found[1]) if found else None


def newest_answers(ctx: Ctx, questionnaire_id: int, limit: int) -> list[tuple[Answer, Complaint]]:
    """The newest answers to a questionnaire with what they became, as far as this person sees it."""
    query = sa.select(Answer, Complaint).join(Complaint, Complaint.id == Answer.complaint_id)
    query = query.where(Answer.questionnaire_id == questionnaire_id).order_by(Answer.id.desc()).limit(limit)
    return [(a, c) for a, c in ctx.session.execute(query)]


def count_answers(ctx: Ctx, questionnaire_ids: Sequence[int]) -> dict[int, int]:
    """How many answered each of these questionnaires."""
    query = sa.select(Answer.questionnaire_id, sa.func.count().label("n"))
    query = query.where(Answer.questionnaire_id.in_(questionnaire_ids))
    return {row.questionnaire_id: row.n for row in ctx.session.execute(query.group_by(Answer.questionnaire_id))}
