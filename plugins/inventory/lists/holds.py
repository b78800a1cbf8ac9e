"""The lists of batch holds and of their tasks, declared."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import (
    N_,
    ChoiceFilter,
    Clock,
    Ctx,
    ListColumn,
    ListDef,
    ListLink,
    ListTab,
    Mark,
    RecordFilter,
    RecordRef,
    _,
)
from plugins.inventory.contracts import (
    DECISION_WORDS,
    HOLD_STATE_WORDS,
    HOLD_TASK_STATE_WORDS,
    HOLD_TASK_WORDS,
)
from plugins.inventory.models import Batch, Hold, HoldTask
from plugins.inventory.queries import holds as queries
from plugins.inventory.queries import records
from plugins.inventory.queries.parts import tidy
from plugins.inventory.queries.trace import CUSTOMER, DEVICE

SEE = "inventory.hold.view"


@dataclass(frozen=True)
class HoldRow:
    """A hold with how far its tasks are."""

    hold: Hold
    done: int
    total: int


def hold_mark(hold: Hold) -> Mark:
    """Whether a hold goes on, in words with its colour."""
    if hold.state == "open":
        return Mark(_(HOLD_STATE_WORDS["open"]), "bad", "octagon-pause")
    return Mark(_(HOLD_STATE_WORDS["ended"]), "ok", "circle-play")


def _holds(ctx: Ctx, rows: list[Hold]) -> list[HoldRow]:
    counts = queries.progress_of(ctx, [row.id for row in rows])
    found = []
    for row in rows:
        of_it = counts.get(row.id, {})
        todo = sum(n for (_kind, state), n in of_it.items() if state == "open")
        total = sum(of_it.values())
        found.append(HoldRow(row, total - todo, total))
    return found


HOLDS = ListDef(
    "inventory.holds",
    N_("Batch holds"),
    Hold,
    SEE,
    (
        ListColumn("batch", N_("Batch"), lambda r: r.hold.batch.number, "id", "id", fixed=True),
        ListColumn("part", N_("Part"), lambda r: f"{r.hold.batch.part.code} {r.hold.batch.part.name}", "main", "main"),
        ListColumn("reason", N_("Why it is held"), lambda r: r.hold.reason),
        ListColumn(
            "progress", N_("Tasks done"), lambda r: _("{done} of {total}", done=r.done, total=r.total), place="tag"
        ),
        ListColumn("begun_at", N_("Held since"), lambda r: r.hold.begun_at, "moment"),
        ListColumn("begun_by", N_("By"), lambda r: r.hold.begun_by, "person", shown=False),
        ListColumn("decision", N_("Decision"), lambda r: _(DECISION_WORDS[r.hold.decision]) if r.hold.decision else ""),
        ListColumn("state", N_("State"), lambda r: hold_mark(r.hold), "mark", "right"),
    ),
    "/inventory/holds/",
    icon="octagon-pause",
    query=lambda _ctx: queries.with_words(sa.select(Hold)),
    prepare=_holds,
    search=lambda _ctx, text: Hold.batch_id.in_(
        sa.select(Batch.id).where(Batch.number.istartswith(text, autoescape=True))
    ),
    search_words=N_("Batch"),
    filters=(RecordFilter("batch", N_("Batch"), Hold.batch_id, model=Batch, by=Batch.number),),
    tabs=(
        ListTab("open", N_("On hold"), lambda _ctx: Hold.state == "open"),
        ListTab("ended", N_("Ended"), lambda _ctx: Hold.state == "ended", counted=False),
        ListTab("all", N_("All"), counted=False),
    ),
    order=((Hold.id, True),),
    links=(ListLink(N_("Batches"), "inventory.batches_list", "inventory.part.view", "layers"),),
    export=SEE,
    empty=N_("No holds here"),
    empty_hint=N_("A batch is held on its page."),
)  # fmt: skip


# --- tasks ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TaskRow:
    """A task with the one whom it is about, and its time limit."""

    task: HoldTask
    about: str
    url: tuple[str, int] | None
    clock: Clock | None


def task_mark(task: HoldTask) -> Mark:
    """Whether it is still to do, in words with its colour."""
    tone, icon = {"open": ("warn", "circle-dot"), "done": ("ok", "circle-check"), "dropped": ("", "circle-slash")}[
        task.state
    ]
    return Mark(_(HOLD_TASK_STATE_WORDS[task.state]), tone, icon)


def about_of(task: HoldTask) -> list[RecordRef]:
    """Whom and what a task is about, the nearest first."""
    refs = []
    if task.device_id is not None:
        refs.append(RecordRef(DEVICE, task.device_id))
    if task.customer_id is not None:
        refs.append(RecordRef(CUSTOMER, task.customer_id))
    if task.record_kind and task.record_id is not None:
        refs.append(RecordRef(task.record_kind, task.record_id))
    return list(dict.fromkeys(refs))


def task_rows(ctx: Ctx, rows: list[HoldTask]) -> list[TaskRow]:
    """Tasks with what their lines say; a fixed number of statements."""
    known = records.words_of(ctx, [ref for row in rows for ref in about_of(row)])
    clocks = queries.clocks_of(ctx, [row.id for row in rows])
    found = []
    for row in rows:
        named = [known[ref] for ref in about_of(row) if ref in known]
        words = _(", ").join(w.text for w in named)
        if row.location_id is not None:
            words = row.location.name if row.location is not None else _("a location of another unit")
        first = next(((w.endpoint, w.id) for w in named if w.endpoint), None)
        found.append(TaskRow(row, words or _("another record"), first, clocks.get(row.id)))
    return found


HOLD_TASKS = ListDef(
    "inventory.hold_tasks",
    N_("Tasks of batch holds"),
    HoldTask,
    SEE,
    (
        ListColumn("batch", N_("Batch"), lambda r: r.task.hold.batch.number, "id", "id", fixed=True),
        ListColumn("kind", N_("What is to be done"), lambda r: _(HOLD_TASK_WORDS[r.task.kind])),
        ListColumn("about", N_("Where or who"), lambda r: r.about, "main", "main"),
        ListColumn("quantity", N_("Quantity"), lambda r: tidy(r.task.quantity), "number", "tag"),
        ListColumn("clock", N_("Time left"), lambda r: r.clock, "clock"),
        ListColumn("result", N_("What was done"), lambda r: r.task.result),
        ListColumn("done_by", N_("Done by"), lambda r: r.task.done_by, shown=False),
        ListColumn("state", N_("State"), lambda r: task_mark(r.task), "mark", "right"),
    ),
    "/inventory/hold-tasks/",
    icon="list-checks",
    query=lambda _ctx: sa.select(HoldTask).options(
        orm.joinedload(HoldTask.hold).joinedload(Hold.batch), orm.joinedload(HoldTask.location)
    ),
    prepare=task_rows,
    filters=(
        RecordFilter("hold", N_("Batch hold"), HoldTask.hold_id, model=Hold, by=Hold.id),
        ChoiceFilter(
            "kind", N_("What is to be done"), HoldTask.kind,
            lambda _ctx: [(code, _(words)) for code, words in HOLD_TASK_WORDS.items()],
        ),
    ),
    tabs=(
        ListTab("open", N_("To do"), lambda _ctx: HoldTask.state == "open"),
        ListTab("done", N_("Done"), lambda _ctx: HoldTask.state == "done", counted=False),
        ListTab("all", N_("All"), counted=False),
    ),
    order=((HoldTask.id, False),),
    links=(ListLink(N_("Batch holds"), "inventory.holds_list", SEE, "octagon-pause"),),
    export=SEE,
    empty=N_("No tasks here"),
)  # fmt: skip
