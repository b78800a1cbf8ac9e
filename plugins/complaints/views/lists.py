"""The queue and the board, and giving several complaints to a person at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import redirect, render_template, request, url_for

from core.api import OFFICE, Ctx, Invalid, _, calendar, n_
from core.web_api import (
    Chip,
    Key,
    Tab,
    clock_view_of,
    count_up_to,
    current_ctx,
    cursor_argument,
    flash_done,
    flash_error,
    needs,
    paged,
    pager_of,
    record_id,
)
from plugins.complaints import life, queries, services
from plugins.complaints.contracts import CHANNEL_WORDS, KIND_WORDS, STATE_WORDS
from plugins.complaints.models import OPEN_STATES, Complaint
from plugins.complaints.views.blueprint import blueprint
from plugins.complaints.views.labels import Words

PAGE = 25
LANE = 15
FILTERS = ("state", "severity", "category", "unit", "assignee", "channel", "kind", "routing")


@dataclass(frozen=True)
class Row:
    """A complaint as a row or card shows it."""

    complaint: Complaint
    clock: Any
    assignee: str

    @property
    def customer(self) -> str:
        return (self.complaint.customer.name if self.complaint.customer else "") or self.complaint.person_name

    @property
    def department(self) -> str:
        return self.complaint.department.name if self.complaint.department else ""


def rows_of(ctx: Ctx, complaints: list[Complaint]) -> list[Row]:
    """Rows with their most urgent clock and assignee: three statements, however many (or none) there are."""
    calendar(ctx, OFFICE)  # all calendars at once
    clocks = queries.next_clocks(ctx, [c.id for c in complaints])
    names = queries.names_of(ctx, [c.assignee_id for c in complaints])
    views = {c: clock_view_of(ctx, clock) for c, clock in clocks.items()}
    return [Row(c, views.get(c.id), names.get(c.assignee_id or 0, "")) for c in complaints]


@blueprint.get("/")
@needs(life.VIEW)
def complaints_list():
    """The queue: tabs with counts, search, filters, rows sorted by what is due first."""
    ctx = current_ctx()
    unit = queries.own_unit(ctx)
    counts = queries.counts(ctx, unit)
    tab = request.args.get("tab") or ("mine" if counts.mine else "open")
    search = request.args.get("search", "").strip()[:100]
    filters = {f: request.args[f] for f in FILTERS if request.args.get(f)}
    query = queries.queue_query(ctx, tab, unit, search=search, filters=filters)
    order = [Key(Complaint.received_at, desc=True), Key(Complaint.id, desc=True)]
    if tab not in ("week", "all"):
        order = [Key(Complaint.urgent_at), Key(Complaint.id)]
    page = paged(ctx, query, order, size=PAGE, cursor=cursor_argument())
    words = Words(ctx)
    people = queries.handlers(ctx)
    options = _options(ctx, words, people)
    return render_template(
        "complaints/queue.html",
        rows=rows_of(ctx, page.rows),
        pager=pager_of(page),
        tabs=_tabs(counts, tab),
        counts=counts,
        tab=tab,
        search=search,
        chips=_chips(options, filters),
        filters=filters,
        options=options,
        people=people if ctx.can(life.HANDLE) else [],
        words=words,
    )


def _tabs(counts, current: str) -> list[Tab]:
    shown = (
        ("mine", _("Mine"), counts.mine),
        ("overdue", _("Overdue"), counts.overdue),
        ("serious", _("Serious"), counts.serious),
        ("week", _("This week"), counts.week),
        ("open", _("All open"), counts.open),
        ("all", _("All"), None),
    )
    url = url_for("complaints.complaints_list")
    return [Tab(text, f"{url}?tab={key}", _count(n), key == current) for key, text, n in shown]


def _count(number: int | None) -> int | str | None:
    return number if number is None or number <= queries.COUNTED else f"{queries.COUNTED:,}+"


Options = list[tuple[str, str, list[tuple[str, str]]]]
"""(name, label, choices) of each filter."""


def _chips(offered: Options, filters: dict[str, str]) -> list[Chip]:
    options = {name: (label, dict(choices)) for name, label, choices in offered}
    chips = []
    for name, value in filters.items():
        label, choices = options.get(name, (name, {}))
        chips.append(Chip(label, choices.get(value, value), url_for("complaints.complaints_list") + _query_of(name)))
    return chips


def _query_of(name: str) -> str:
    kept = [(k, v) for k, v in request.args.items(multi=True) if k not in (name, "cursor") and v]
    return f"?{urlencode(kept)}" if kept else ""


def _options(ctx: Ctx, words: Words, people: list[tuple[int, str]]) -> Options:
    nobody = [("none", _("Not assigned"))]
    return [
        ("state", _("State"), [(k, _(v)) for k, v in STATE_WORDS.items()]),
        ("severity", _("Severity"), list(words.severities.items())),
        ("category", _("Category"), list(words.categories.items())),
        ("unit", _("Department"), [(str(u.id), u.name) for u in queries.departments(ctx)]),
        ("assignee", _("Assignee"), nobody + [(str(i), name) for i, name in people]),
        ("channel", _("Channel"), [(k, _(v)) for k, v in CHANNEL_WORDS.items()]),
        ("kind", _("Kind"), [(k, _(v)) for k, v in KIND_WORDS.items()]),
        ("routing", _("Routing"), [("missing", _("Department missing")), ("by_hand", _("Chosen by a person"))]),
    ]


@blueprint.get("/board")
@needs(life.VIEW)
def complaints_board():
    """The open complaints by state, most urgent first."""
    ctx = current_ctx()
    unit = queries.own_unit(ctx)
    counts = queries.counts(ctx, unit)
    tab = request.args.get("tab") or "open"
    some: dict[str, list[Complaint]] = {}
    totals: dict[str, int] = {}
    for state in OPEN_STATES:
        query = queries.queue_query(ctx, tab, unit, filters={"state": state})
        totals[state] = count_up_to(ctx.session, query, Complaint.id)
        some[state] = list(ctx.session.scalars(query.order_by(Complaint.urgent_at, Complaint.id).limit(LANE)))
    rows = {row.complaint.id: row for row in rows_of(ctx, [c for lane in some.values() for c in lane])}
    lanes = [(state, [rows[c.id] for c in some[state]], totals[state]) for state in OPEN_STATES]
    return render_template(
        "complaints/board.html", lanes=lanes, tabs=_board_tabs(counts, tab), tab=tab, counts=counts, words=Words(ctx)
    )


def _board_tabs(counts, current: str) -> list[Tab]:
    url = url_for("complaints.complaints_board")
    return [
        Tab(t.label, url + t.url.partition("?")[2].join(("?", "")), t.count, t.current)
        for t in _tabs(counts, current)
        if "tab=all" not in t.url and "tab=week" not in t.url
    ]


@blueprint.post("/assign")
@needs(life.HANDLE)
def complaints_assign():
    """Give the rows that were ticked to one person."""
    ctx = current_ctx()
    wanted = [i for i in map(record_id, request.form.getlist("rowid")) if i is not None][:200]
    user = record_id(request.form.get("user_id"))
    if user is None or not wanted:
        _refuse(_("Choose complaints and a person."))
    else:
        done, problems = services.assign_many(ctx, wanted, user)
        if done:
            name = queries.active_member_name(ctx, user) or ""
            flash_done(n_("{n} complaint given to {name}", "{n} complaints given to {name}", done, name=name))
        for text in problems[:3]:
            _refuse(text)
    tab = request.form.get("tab", "")
    return redirect(url_for("complaints.complaints_list", tab=tab if tab.isalpha() else None))


def _refuse(text: str) -> None:
    """Say on the next page what went wrong."""
    flash_error(Invalid("refused", text))
