"""Statistics of complaints: charts with their numbers, each leading to the complaints behind it, and all as a file."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Response, render_template, request, url_for
from markupsafe import Markup

from core.api import Ctx, _, n_
from core.web_api import Bar, ChartTable, Share, charts, current_ctx, needs
from plugins.complaints import figures, life, rules
from plugins.complaints.contracts import ANSWER, CALL, MEETING, RELAY, SOLUTION
from plugins.complaints.counted_list import Names
from plugins.complaints.figures import NONE, Count, Cut
from plugins.complaints.views.blueprint import blueprint

FIGURES = "complaints.figures.view"
SHOWN = 12
"""A chart shows so many bars; its table shows all."""


@dataclass
class Breakdown:
    """One chart of the page: what it says in a sentence, how it is drawn, and its numbers."""

    key: str
    title: str
    lead: str
    drawing: Markup
    table: ChartTable


@blueprint.get("/statistics")
@needs(FIGURES)
def statistics_page():
    """The charts, for a period and a centre."""
    ctx = current_ctx()
    cut = _cut(ctx)
    names = Names.of(ctx)
    total = figures.total(ctx, cut)
    return render_template(
        "complaints/statistics.html",
        cut=cut,
        total=total,
        change=charts.change_words(total.now, total.before),
        breakdowns=_breakdowns(ctx, cut, names),
        periods=_periods(ctx, cut),
        centres=names.offered,
        path=[(c.name, _url(cut, cause=str(c.id))) for c in names.tree.path(figures.number_of(cut.cause))],
        top_url=_url(cut, cause=""),
        behind_url=_behind(cut),
        csv_url=url_for("complaints.statistics_csv", **figures.cut_arguments(cut)),
        action_url=_action_url(ctx, cut),
        kinds=[("complaint", _("Complaints")), ("suggestion", _("Suggestions"))],
    )


@blueprint.get("/statistics.csv")
@needs(FIGURES)
def statistics_csv():
    """Every number of the page, one a line."""
    ctx = current_ctx()
    cut = _cut(ctx)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([_("Statistics"), _("What"), _("In the period"), _("Period before")])
    for found in _breakdowns(ctx, cut, Names.of(ctx)):
        for row in found.table.rows:
            cells = [str(cell) for cell in row]
            writer.writerow([_harmless(cell) for cell in (found.title, *cells)])
    name = f"complaints-{cut.begins:%Y%m%d}-{cut.ends:%Y%m%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response("\ufeff" + out.getvalue(), mimetype="text/csv", headers=headers)


def _harmless(cell: str) -> str:
    """A text that a spreadsheet would take for a formula is marked as text."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


# --- what is asked for ----------------------------------------------------------------------------------------------


def _cut(ctx: Ctx) -> Cut:
    return figures.read_cut(request.args, ctx.today)


def _url(cut: Cut, **changed: str) -> str:
    return url_for("complaints.statistics_page", **figures.cut_arguments(cut, **changed))


def _action_url(ctx: Ctx, cut: Cut) -> str:
    """Where an improvement action is opened for what is shown; empty for those who may not."""
    may = ctx.can(life.WORK_ACTIONS) and ctx.can(life.SEE_ACTIONS)
    return url_for("complaints.action_new", **figures.cut_arguments(cut)) if may else ""


def _behind(cut: Cut, **changed: str) -> str:
    """The list of the complaints behind a number; empty for those who may not see complaints."""
    if not current_ctx().can(life.VIEW):
        return ""
    given = figures.cut_arguments(cut, **changed)
    period = {"received_from": given.pop("begins"), "received_to": given.pop("ends")}
    return url_for("complaints.counted_list", **period, **given)


def _periods(ctx: Ctx, cut: Cut) -> list[tuple[str, str, bool]]:
    """(words, address, whether shown) of this month, quarter, year and the ones before."""
    found = []
    for length, words in (("month", _("Month")), ("quarter", _("Quarter")), ("year", _("Year"))):
        begins, ends = rules.period_of(ctx.today, length)
        url = _url(cut, begins=begins.isoformat(), ends=ends.isoformat())
        found.append((words, url, (begins, ends) == (cut.begins, cut.ends)))
    return found


# --- the charts -----------------------------------------------------------------------------------------------------


def _breakdowns(ctx: Ctx, cut: Cut, names: Names) -> list[Breakdown]:
    products = figures.by_product(ctx, cut)
    product_names = figures.names_of_products(ctx, [p.key for p in products])
    return [
        _over_time(ctx, cut),
        _pareto(cut, figures.by_cause(ctx, cut, names.tree), names),
        _limits(ctx, cut),
        _bars("category", _("By category"), cut, figures.by_category(ctx, cut), names.words.category),
        _bars("department", _("By department"), cut, figures.by_department(ctx, cut), names.unit),
        _bars("centre", _("By centre of the customer"), cut, figures.by_centre(ctx, cut), names.unit),
        _bars("product", _("By product"), cut, products, lambda k: product_names.get(k, _("no product given"))),
        _bars("severity", _("By severity"), cut, figures.by_severity(ctx, cut), names.words.severity),
    ]


def _heads(first: str) -> list[str]:
    return [first, _("In the period"), _("Period before")]


def _bars(key: str, title: str, cut: Cut, counts: list[Count], words: Callable[[Any], str]) -> Breakdown:
    counts = [c for c in counts if c.now or c.before]
    named = [(words(c.key), c) for c in counts]
    urls = [_behind(cut, **{key: str(c.key) if c.key not in (None, "") else NONE}) for c in counts]
    drawing = charts.lying_bars(title, [Bar(n, c.now, c.before) for n, c in named[:SHOWN]])
    table = ChartTable(_heads(title), [(n, c.now, c.before) for n, c in named], urls)
    return Breakdown(key, title, _lead(named), drawing, table)


def _lead(named: list[tuple[str, Count]]) -> str:
    """The finding: what is most frequent, its share, and how it moved."""
    all_now = sum(c.now for _name, c in named)
    if not all_now:
        return _("Nothing in this period.")
    name, most = max(named, key=lambda pair: pair[1].now)
    return _(
        "Most: {name}, {n} ({percent} %), {change}.",
        name=name,
        n=most.now,
        percent=round(100 * most.now / all_now),
        change=charts.change_words(most.now, most.before),
    )


def _over_time(ctx: Ctx, cut: Cut) -> Breakdown:
    counts = figures.by_time(ctx, cut)
    weekly = len(counts) < 2 or (counts[-1].key - counts[-2].key).days <= 7
    title = _("By week") if weekly else _("By month")
    bars = [Bar(f"{c.key.month}-{c.key.day}" if weekly else f"{c.key:%Y-%m}"[2:], c.now) for c in counts]
    lead = _("Nothing in this period.")
    if any(c.now for c in counts):
        most = max(counts, key=lambda c: c.now)
        lead = (
            _("Most in the week from {day}: {count}.", day=most.key.isoformat(), count=most.now)
            if weekly
            else _("Most in the month from {day}: {count}.", day=most.key.isoformat(), count=most.now)
        )
    ends = [c.key - dt.timedelta(days=1) for c in counts[1:]] + [cut.ends]
    urls = [_behind(cut, begins=c.key.isoformat(), ends=e.isoformat()) for c, e in zip(counts, ends, strict=True)]
    table = ChartTable([title, _("In the period")], [(c.key.isoformat(), c.now) for c in counts], urls)
    return Breakdown("time", title, lead, charts.columns(title, bars), table)


def _pareto(cut: Cut, counts: list[Count], names: Names) -> Breakdown:
    title = _("Root causes")
    known = [(names.cause(c.key), c) for c in counts if c.key is not None and c.now]
    all_named = [(names.cause(c.key), c) for c in counts if c.now or c.before]
    unknown = sum(c.now for c in counts if c.key is None)
    all_known = sum(c.now for _n, c in known)
    if all_known:
        few, summed = 0, 0
        while summed < 0.8 * all_known:
            summed += known[few][1].now
            few += 1
        lead = n_(
            "{n} cause makes {percent} % of those found; “{name}” comes first with {most}.",
            "{n} causes make {percent} % of those found; “{name}” comes first with {most}.",
            few,
            percent=round(100 * summed / all_known),
            name=known[0][0],
            most=known[0][1].now,
        )
    else:
        lead = n_("No cause found yet: {n} complaint.", "No cause found yet: {n} complaints.", unknown)
    urls = []
    for _name, c in all_named:
        deeper = c.key is not None and not c.key.endswith("!") and names.tree.children(figures.number_of(c.key))
        urls.append(_url(cut, cause=c.key) if deeper else _behind(cut, cause=c.key or NONE))
    table = ChartTable(_heads(_("Cause")), [(n, c.now, c.before) for n, c in all_named], urls)
    return Breakdown("cause", title, lead, charts.pareto(title, [Bar(n, c.now) for n, c in known]), table)


def _limits(ctx: Ctx, cut: Cut) -> Breakdown:
    title = _("Time limits kept")
    kept = figures.limits_kept(ctx, cut)
    words = {
        RELAY: _("Relay"), ANSWER: _("Answer"), SOLUTION: _("Solution"), MEETING: _("Meeting the customer"),
        CALL: _("Call to a customer"),
    }
    lead = _("No time limit has ended in this period.")
    if kept:
        worst = min(kept, key=lambda k: k.share)
        name, late = words[worst.kind], worst.late
        lead = _("Least kept: {name}, {percent} %, {late} late.", name=name, percent=worst.share, late=late)
    drawing = charts.shares(title, [Share(words[k.kind], k.met, k.met + k.late) for k in kept])
    rows = [(words[k.kind], k.met, k.late) for k in kept]
    table = ChartTable([title, _("In time"), _("Late")], rows, [_behind(cut, late=k.kind) for k in kept])
    return Breakdown("late", title, lead, drawing, table)
