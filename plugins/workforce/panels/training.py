"""What training adds to the page "My work": invitations, and trainings that should have been held."""

from __future__ import annotations

from flask import url_for

from core.api import Ctx, Notice, WorkItem, _, n_
from plugins.workforce.lists.training import EDIT, SEE
from plugins.workforce.queries import duty
from plugins.workforce.queries import training as queries


def work(ctx: Ctx) -> list[WorkItem]:
    """The coming sessions to which a person is invited."""
    if ctx.actor.user_id is None or not ctx.can(SEE):
        return []
    return [
        WorkItem(
            title=row.training.title,
            url=url_for("workforce.session_page", record_id=row.id),
            number=row.training.number,
            kind=_("Training"),
            icon="graduation-cap",
            due=row.starts_at,
            detail=_("{when}, {place}", when=duty.span_words(ctx, row.starts_at, row.ends_at), place=row.place)
            if row.place
            else duty.span_words(ctx, row.starts_at, row.ends_at),
            next_step=_("Look"),
        )
        for row in queries.invitations(ctx, ctx.actor.user_id)
    ]


def notices(ctx: Ctx) -> list[Notice]:
    """Trainings of the plan whose day has passed."""
    count = queries.count_overdue(ctx) if ctx.can(EDIT) else 0
    if not count:
        return []
    title = n_("{n} training of the plan is overdue", "{n} trainings of the plan are overdue", count)
    url = url_for("workforce.trainings_list", tab="overdue")
    text = _("They should have been held by now.")
    return [Notice(title, text, url, _("Look at them"), "warn", "graduation-cap")]
