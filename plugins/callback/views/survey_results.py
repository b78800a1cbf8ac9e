"""What surveys say: by technician, product, centre and month, down to the cards; and the grades of technicians."""

from __future__ import annotations

import csv
import datetime as dt
import io
from dataclasses import replace
from typing import Any

from flask import Response, render_template, request, url_for

from core.api import Ctx, _, collect, get_locale
from core.web_api import current_ctx, day_of, needs, record_id
from plugins.base.contracts import TechnicianRating
from plugins.callback.lists.surveys import survey_title
from plugins.callback.queries import survey_results as results
from plugins.callback.queries import surveys as queries
from plugins.callback.rules import surveys as rules
from plugins.callback.survey_contracts import GROUP_WORDS, LEFT_OUT_WORDS
from plugins.callback.survey_documents import percent, points
from plugins.callback.survey_life import RATINGS, VIEW
from plugins.callback.views.blueprint import blueprint

PAGE = 50
_MOST_CSV = 10_000


@blueprint.get("/survey-results")
@needs(VIEW)
def survey_results():
    """How many were asked and answered, and how content they are; each line leads to its cards."""
    ctx = current_ctx()
    cut, by = _cut(ctx), _by()
    forms = results.forms_of(ctx, cut)
    labels = _labels(ctx, cut, forms)
    rows, more = results.groups(ctx, cut, by, after=request.args.get("after", ""), size=PAGE)
    total = results.total(ctx, cut)
    return render_template(
        "callback/survey_results.html", cut=cut, by=by, groups={k: _(w) for k, w in GROUP_WORDS.items()},
        forms=_form_tabs(cut, by, forms), campaigns=queries.campaigns_offered(ctx), labels=labels, total=total,
        rows=[(row, row.name or _("not known"), _behind(cut, by, row.key)) for row in rows], percent=percent,
        points=points, behind=_behind(cut), answered_url=_behind(cut, tab="answered"),
        bad_url=_behind(cut, tab="bad"), left_url=_behind(cut, tab="left_out"),
        reasons=[(_(LEFT_OUT_WORDS[why]), n, _behind(cut, tab="left_out", reason=why))
                 for why, n in results.reasons(ctx, cut)],
        by_url={key: _url(cut, key) for key in GROUP_WORDS}, next_url=_url(cut, by, after=more) if more else "",
        first_url=_url(cut, by) if request.args.get("after") else "",
        csv_url=url_for("callback.survey_results_csv", **_arguments(cut), by=by),
    )  # fmt: skip


@blueprint.get("/survey-results.csv")
@needs(VIEW)
def survey_results_csv():
    """The same as a file."""
    ctx = current_ctx()
    cut, by = _cut(ctx), _by()
    labels = _labels(ctx, cut, results.forms_of(ctx, cut))
    rows, _more = results.groups(ctx, cut, by, size=_MOST_CSV)
    heads = [
        _(GROUP_WORDS[by]), _("Customers asked"), _("Answered"), _("Response rate"), _("Average points"),
        _("Bad scores"), *(words for _key, words in labels),
    ]  # fmt: skip
    lines = [
        [r.name or _("not known"), r.asked, r.answered, r.rate, r.average, r.bad, *(r.marks.get(k) for k, _w in labels)]
        for r in rows
    ]
    return _file(f"survey-results-{cut.begins:%Y%m%d}-{cut.ends:%Y%m%d}.csv", heads, lines)


def _cut(ctx: Ctx) -> results.Cut:
    """Days, campaign and form that the address names: the last three months, all campaigns and forms unless said."""
    first = rules.first_of_month(rules.months_before(ctx.today, 2))
    begins = day_of(request.args.get("begins")) or first
    ends = day_of(request.args.get("ends")) or ctx.today
    campaign, form = (record_id(request.args.get(name)) for name in ("campaign", "form"))
    if campaign is not None:
        queries.get_campaign(ctx, campaign)
    return results.Cut(min(begins, ends), max(begins, ends), campaign, form)


def _form_tabs(cut: results.Cut, by: str, forms: list[Any]) -> list[dict[str, Any]]:
    """The tabs of all forms together and of each; none where there is but one."""
    if len(forms) < 2:
        return []
    found = [(None, _("All forms")), *((form.id, survey_title(form)) for form in forms)]
    return [
        {"label": words, "url": _url(replace(cut, survey_id=key), by), "current": key == cut.survey_id, "count": None}
        for key, words in found
    ]


def _by() -> str:
    by = request.args.get("by", "")
    return by if by in GROUP_WORDS else "technician"


def _arguments(cut: results.Cut) -> dict[str, Any]:
    days = {"begins": cut.begins.isoformat(), "ends": cut.ends.isoformat()}
    return {**days, "campaign": cut.campaign_id, "form": cut.survey_id}


def _url(cut: results.Cut, by: str, **more: Any) -> str:
    return url_for("callback.survey_results", **_arguments(cut), by=by, **more)


def _behind(cut: results.Cut, by: str = "", key: Any = None, tab: str = "all", **more: Any) -> str:
    """The cards behind a number."""
    days = {"day_from": cut.begins.isoformat(), "day_to": cut.ends.isoformat()}
    if by == "month" and key is not None:
        last = rules.first_of_month(key + dt.timedelta(days=31)) - dt.timedelta(days=1)
        days = {"day_from": max(key, cut.begins).isoformat(), "day_to": min(last, cut.ends).isoformat()}
    elif by:
        more[by] = "none" if key is None else key
    arguments: dict[str, Any] = {"tab": tab, "campaign": cut.campaign_id, "form": cut.survey_id, **days, **more}
    return url_for("callback.cards_list", **arguments)


def _labels(ctx: Ctx, cut: results.Cut, forms: list[Any]) -> list[tuple[str, str]]:
    """The questions of the one form that is shown; none while several are added up."""
    shown = [form for form in forms if cut.survey_id in (None, form.id)]
    found = results.labels_of(ctx, shown[0]) if len(shown) == 1 else {}
    return [(key, rules.in_language(words, get_locale())) for key, words in found.items()]


# --- ratings of technicians -----------------------------------------------------------------------------------------


@blueprint.get("/ratings")
@needs(RATINGS)
def ratings_page():
    """How customers graded technicians in a month, from cards and from visits: for the evaluation of the month."""
    ctx = current_ctx()
    month = _month(ctx)
    aspects, rows, failed = _ratings(ctx, month)
    return render_template(
        "callback/ratings.html", month=month, aspects=aspects, rows=rows, points=points, failed=failed,
        before=rules.months_before(month, 1), after=rules.months_before(month, -1),
        is_now=month == rules.first_of_month(ctx.today),
        csv_url=url_for("callback.ratings_csv", month=f"{month:%Y-%m}"),
    )  # fmt: skip


@blueprint.get("/ratings.csv")
@needs(RATINGS)
def ratings_csv():
    """The same as a file."""
    ctx = current_ctx()
    month = _month(ctx)
    aspects, rows, _failed = _ratings(ctx, month)
    heads = [_("Technician"), _("Grades given"), _("Average points"), *aspects.values()]
    lines = [[name, n, average, *(marks.get(code) for code in aspects)] for _id, name, n, average, marks in rows]
    return _file(f"ratings-{month:%Y%m}.csv", heads, lines)


def _month(ctx: Ctx) -> dt.date:
    return day_of(f"{request.args.get('month', '')[:7]}-01") or rules.first_of_month(ctx.today)


def _ratings(ctx: Ctx, month: dt.date) -> tuple[dict[str, str], list[tuple], str]:
    """Aspect → words; (id, name, grades, average, aspect → average) by technician; which modules could not answer."""
    begins = dt.datetime.combine(month, dt.time(), ctx.tz).astimezone(dt.UTC)
    ends = dt.datetime.combine(rules.months_before(month, -1), dt.time(), ctx.tz).astimezone(dt.UTC)
    answers = collect(ctx, "technician_ratings", begins=begins, ends=ends)
    found: list[TechnicianRating] = [rating for a in answers if not a.error for rating in a.value]
    aspects = {r.aspect: rules.in_language(r.label, get_locale()) for r in found}
    sums: dict[int, dict[str, list[int]]] = {}
    for rating in found:
        total = sums.setdefault(rating.technician_id, {}).setdefault(rating.aspect, [0, 0])
        total[0] += rating.points
        total[1] += rating.count
    names = queries.names_of(ctx, sums)
    rows = []
    for who, marks in sums.items():
        count, total_points = sum(m[1] for m in marks.values()), sum(m[0] for m in marks.values())
        by_aspect = {aspect: rules.average(*m) for aspect, m in marks.items()}
        rows.append((who, names.get(who, str(who)), count, rules.average(total_points, count), by_aspect))
    failed = ", ".join(ctx.registry.plugin_label(a.plugin) for a in answers if a.error)
    return aspects, sorted(rows, key=lambda row: (row[1], row[0])), failed


def _file(name: str, heads: list[str], lines: list[list[Any]]) -> Response:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(heads)
    for line in lines:
        writer.writerow([_harmless("" if cell is None else str(cell)) for cell in line])
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response("\ufeff" + out.getvalue(), mimetype="text/csv", headers=headers)


def _harmless(cell: str) -> str:
    """A text that a spreadsheet would take for a formula is marked as text."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
