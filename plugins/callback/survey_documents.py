"""The summary of a campaign, for the general manager with a copy to quality (DST-4.3)."""

from __future__ import annotations

from typing import Any

from core.api import N_, Conflict, Ctx, DocumentKind, _, get_locale
from plugins.callback.models.surveys import Campaign
from plugins.callback.queries import survey_results as results
from plugins.callback.queries import surveys
from plugins.callback.rules.surveys import in_language
from plugins.callback.survey_contracts import CAMPAIGN, LEFT_OUT_WORDS, SUMMARY
from plugins.callback.survey_life import RUN

MOST_COMMENTS = 30
MOST_GROUPS = 20


def _facts(ctx: Ctx, row: Campaign) -> dict[str, Any]:
    if row.state == "draft":
        raise Conflict("not_started", _("The campaign has not begun: there is nothing to sum up yet."))
    cut = results.Cut(*results.ALL_DAYS, row.id)
    all_of_it = results.total(ctx, cut)
    labels = results.labels_of(ctx, row.survey)
    centres, _more = results.groups(ctx, cut, "centre", size=MOST_GROUPS)
    tasks = surveys.tasks_about(ctx, MOST_GROUPS, campaign_id=row.id)
    return {
        "title": row.title,
        "begins": row.begins_on,
        "ends": row.ends_on or "",
        "asked": all_of_it.asked,
        "answered": all_of_it.answered,
        "rate": percent(all_of_it.rate),
        "average": points(all_of_it.average),
        "bad": all_of_it.bad,
        "left_out": [{"reason": _(LEFT_OUT_WORDS[why]), "count": n} for why, n in results.reasons(ctx, cut)],
        "aspects": [
            {"label": in_language(words, get_locale()), "points": points(all_of_it.marks.get(key))}
            for key, words in labels.items()
        ],
        "centres": [
            {"name": c.name or _("not known"), "asked": c.asked, "answered": c.answered, "average": points(c.average)}
            for c in centres
        ],
        "comments": surveys.comments_of(ctx, row.id, MOST_COMMENTS),
        "actions": [f"{t.number} {t.title}" for t in tasks if t.kind == "improvement"],
    }  # fmt: skip


def percent(value: int | None) -> str:
    """A share in words; a dash where nothing was counted."""
    return "–" if value is None else f"{value} %"


def points(value: int | None) -> str:
    """Points in words; a dash where no grade was given."""
    return "–" if value is None else str(value)


KINDS = [
    DocumentKind(
        SUMMARY, N_("Summary of a survey"), CAMPAIGN, "callback/documents/survey_summary.html", _facts, RUN,
        "callback.summary_pattern", ready=lambda row: row.state != "draft",
    )
]  # fmt: skip
