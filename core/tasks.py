"""Background tasks: work too long for a request, ordered by a person and carried out by the worker, with progress.

A task is a row. Its kind's ``run(work)`` does the work in batches, each a transaction of its own that also keeps the
cursor (``Work.batch``): whoever is killed at whatever moment, the next worker goes on after the last batch that was
committed, and no batch counts twice. Each batch has the rights and the reach that the person has when it runs.
"""

from __future__ import annotations

import datetime as dt
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Mapped, aliased, mapped_column

from core.auth.models import User
from core.companies.acting import member_actor
from core.companies.models import Company, CompanyPlugin, Membership
from core.context import SYSTEM, Ctx
from core.db import (
    Base,
    BigId,
    CompanyOwned,
    CompanySession,
    Id,
    JsonType,
    bind_company,
    open_session,
    plain,
    system_session,
    transaction,
)
from core.errors import Conflict, DomainError, Forbidden, NotFound
from core.events import RecordRef, emit
from core.files import StoredFile
from core.i18n import N_, _, both, label, use_locale
from core.notifications import notify

if TYPE_CHECKING:
    from core.registry import Registry

log = structlog.get_logger("sanbao.tasks")

TASK = "core.task"
VIEW_ALL = "core.tasks.view_all"
QUEUED, RUNNING, DONE, FAILED, CANCELLED = "queued", "running", "done", "failed", "cancelled"
STATES = (QUEUED, RUNNING, DONE, FAILED, CANCELLED)
LEASE = dt.timedelta(seconds=60)
BEATS = 12
"""So often in a lease a task that reckons for long tells that it goes on."""
FAILURES = 5
"""A task that fails so often without getting a batch further is given up."""
BREATH = 0.1
"""SQLite has one writer: seconds that a task leaves it to others after each batch. Those that wait look every tenth of
a second at the latest.
"""


class Task(Base, CompanyOwned):
    """A piece of background work and how far it is. ``label`` and ``note`` are kept in both languages."""

    __tablename__ = "core_task"
    __table_args__ = (
        sa.CheckConstraint(f"state in {STATES}", name="state"),
        sa.Index("ix_core_task_due", "state", "due_at"),
        sa.Index("ix_core_task_owner", "company_id", "owner_id", "id"),
        sa.Index(
            "uq_core_task_alone",
            "company_id",
            "kind",
            unique=True,
            sqlite_where=sa.text("state = 'running' and alone"),
            postgresql_where=sa.text("state = 'running' and alone"),
        ),
    )
    __audited__ = False

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(sa.String(80))
    plugin: Mapped[str] = mapped_column(sa.String(60))
    alone: Mapped[bool] = mapped_column(default=True)
    """Whether no other of its kind may run in the company at the same time."""
    label: Mapped[dict] = mapped_column(JsonType)
    params: Mapped[dict] = mapped_column(JsonType)
    owner_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    """Who ordered it; None: the system."""
    owner_name: Mapped[str] = mapped_column(sa.String(120))
    state: Mapped[str] = mapped_column(sa.String(10), default=QUEUED)
    done: Mapped[int] = mapped_column(BigId, default=0)
    total: Mapped[int | None] = mapped_column(BigId)
    """How much there is to do in all; None: not known yet."""
    note: Mapped[dict] = mapped_column(JsonType, default=dict)
    """What it is doing, what came out, or why it failed."""
    cursor: Mapped[dict] = mapped_column(JsonType, default=dict)
    """Where it goes on, and what it has counted so far: written by the kind, in the transaction of each batch."""
    result: Mapped[dict] = mapped_column(JsonType, default=dict)
    error: Mapped[str] = mapped_column(sa.Text, default="")
    """The technical message of the last failure, for whoever looks into it."""
    cancel_asked: Mapped[bool] = mapped_column(default=False)
    runs: Mapped[int] = mapped_column(default=0)
    """How often it was taken up: who holds an older number has lost it."""
    failures: Mapped[int] = mapped_column(default=0)
    """How often it was taken up in a row without getting a batch further."""
    due_at: Mapped[dt.datetime]
    lease_until: Mapped[dt.datetime | None]
    created_at: Mapped[dt.datetime]
    started_at: Mapped[dt.datetime | None]
    ended_at: Mapped[dt.datetime | None]

    @property
    def ended(self) -> bool:
        """Whether nothing more will come of it by itself."""
        return self.state in (DONE, FAILED, CANCELLED)

    @property
    def share(self) -> float | None:
        """How much is done, 0 to 1; None while the whole is not known."""
        if self.state == DONE:
            return 1.0
        return min(1.0, self.done / self.total) if self.total else None


@dataclass(frozen=True)
class TaskKind:
    """A kind of background work, declared by ``task_kinds()``.

    ``run(work)`` does it: see ``Work``. ``label`` is a message id with placeholders that ``start_task`` fills in.
    ``permission`` is needed to order it and while it runs. One task of a kind runs at a time in a company unless
    ``parallel``. ``endpoint`` (optional) is the page of its result and takes the task's id as ``record_id``.
    ``opens(ctx, task)`` (optional) says who, of those that see the task, may open its files now. One that ``tidies``
    is not simply ended when it is stopped or given up: ``run`` sees that on its work and tidies up first.
    """

    name: str
    label: str
    run: Callable[[Work], Outcome | None]
    permission: str = ""
    parallel: bool = False
    endpoint: str = ""
    opens: Callable[[Ctx, Task], bool] | None = None
    tidies: bool = False


@dataclass(frozen=True)
class Outcome:
    """What came of a task: plain values for its page, and one sentence (a message id with its facts) for people."""

    result: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


class _Lost(Exception):
    """Another worker has taken the task over."""


class _Cancelled(Exception):
    """Somebody asked that it stop."""

    def __init__(self, note: dict | None = None):
        super().__init__()
        self.note = note or both(N_("Stopped before it was finished."))


class _Held(Exception):
    """The module is off, or the worker stops: the task waits."""


# --- ordering -------------------------------------------------------------------------------------------------------


def start_task(
    ctx: Ctx,
    kind: str,
    params: Mapping[str, Any],
    *,
    files: tuple[StoredFile, ...] = (),
    module: str | None = None,
    **facts,
) -> Task:
    """Order a task, in the actor's name; the worker takes it up within seconds of the commit. Needs the kind's right.

    ``params`` are plain values. ``files`` hang on the task from now on. It is held while ``module`` (that of the kind
    unless said) is off. ``facts`` fill the placeholders of its label.
    """
    definition = _kind(ctx.registry, kind)
    plugin = module or ctx.registry.owner_of("task_kinds", kind)
    if plugin != "core" and plugin not in ctx.enabled:
        raise NotFound(
            "module_off",
            _("The module “{module}” is switched off in this company.", module=ctx.registry.plugin_label(plugin)),
        )
    if definition.permission:
        ctx.require(definition.permission)
    with transaction(ctx):
        task = Task(
            kind=kind,
            plugin=plugin,
            alone=not definition.parallel,
            label=both(definition.label, **facts),
            params=plain(dict(params)),
            owner_id=ctx.actor.user_id,
            owner_name=ctx.actor.name,
            note={},
            cursor={},
            result={},
            due_at=ctx.now,
            created_at=ctx.now,
        )
        ctx.session.add(task)
        ctx.session.flush()
        for file in files:
            file.record_kind, file.record_id = TASK, task.id
        emit(ctx, "core.task_ordered", RecordRef(TASK, task.id), task=task.label)
        return task


def _kind(registry: Registry, name: str) -> TaskKind:
    found = registry.task_kinds.get(name)
    if found is None:
        raise LookupError(f"task kind {name!r} is not declared by any plugin")
    return found


def may_see_task(ctx: Ctx, task: Task) -> bool:
    """Whether it is this person's own, or he or she may see everybody's."""
    own = task.owner_id is not None and task.owner_id == ctx.actor.user_id
    return own or ctx.can(VIEW_ALL)


def may_open_files(ctx: Ctx, task: Task) -> bool:
    """Whether this person may open what hangs on a task: sees it, and its kind lets him or her."""
    kind = ctx.registry.task_kinds.get(task.kind)
    return may_see_task(ctx, task) and (kind is None or kind.opens is None or kind.opens(ctx, task))


def find_task(ctx: Ctx, task_id: int) -> Task:
    """A task that this person may see; NotFound for any other."""
    task = ctx.session.get(Task, task_id)
    if task is None or not may_see_task(ctx, task):
        raise NotFound("unknown_task", _("There is no such background work."))
    return task


def tasks_query(ctx: Ctx, *, everybody: bool = False) -> sa.Select[Task]:
    """The tasks that the page lists: the person's own, or with the right everybody's."""
    query = sa.select(Task)
    if everybody:
        ctx.require(VIEW_ALL)
        return query
    return query.where(Task.owner_id == ctx.actor.user_id)


def cancel_task(ctx: Ctx, task_id: int) -> Task:
    """Stop a task: at once while it waits, else before its next batch. What its batches did stays done, unless its
    kind tidies up.

    Raises Conflict when it has ended.
    """
    with transaction(ctx):
        task = _own_locked(ctx, task_id)
        kind = ctx.registry.task_kinds.get(task.kind)
        begun = bool(task.cursor) and kind is not None and kind.tidies
        if task.state == QUEUED and not begun:
            _end(ctx, task, CANCELLED, both(N_("Stopped before it was finished.")), "core.task_cancelled")
        elif task.state in (QUEUED, RUNNING):
            task.cancel_asked = True
        else:
            raise Conflict("task_ended", _("It has ended already."))
        return task


def retry_task(ctx: Ctx, task_id: int) -> Task:
    """Queue a failed or stopped task again: it goes on where it was, with the rights that its owner has then.

    Raises Conflict for one that did not fail.
    """
    with transaction(ctx):
        task = _own_locked(ctx, task_id)
        if task.state not in (FAILED, CANCELLED):
            raise Conflict("task_not_failed", _("Only work that failed or was stopped can be tried again."))
        task.state, task.due_at, task.failures, task.cancel_asked = QUEUED, ctx.now, 0, False
        task.note, task.error, task.ended_at = {}, "", None
        emit(ctx, "core.task_retried", RecordRef(TASK, task.id), task=task.label)
        return task


def _own_locked(ctx: Ctx, task_id: int) -> Task:
    task = ctx.session.get(Task, find_task(ctx, task_id).id, with_for_update=True, populate_existing=True)
    assert task is not None
    return task


def _end(ctx: Ctx, task: Task, state: str, note: dict, event: str) -> None:
    """Close the row, say so on record, and tell the person who ordered it."""
    task.state, task.note, task.ended_at, task.lease_until = state, note, ctx.now, None
    ctx.session.flush()
    ref = RecordRef(TASK, task.id)
    emit(ctx, event, ref, task=task.label, note=note)
    if task.owner_id is not None and task.owner_id != ctx.actor.user_id:
        words = {
            DONE: N_("{task}: done. {note}"),
            FAILED: N_("{task}: it failed. {note}"),
            CANCELLED: N_("{task}: stopped. {note}"),
        }
        once = f"task:{task.id}:{task.runs}:{state}"
        notify(ctx, [task.owner_id], words[state], record=ref, once=once, task=task.label, note=note)


# --- doing ----------------------------------------------------------------------------------------------------------


class Work:
    """A task in the hands of a worker, as its kind's ``run`` sees it.

    ::

        def run(work):
            for chunk in chunks(after=work.cursor.get("line", 0)):
                with work.batch() as ctx:
                    services.load(ctx, chunk)
                    work.cursor["line"] = chunk[-1].line
                    work.done += len(chunk)
            return Outcome({"lines": work.done}, N_("{n} lines."), {"n": work.done})

    What ``run`` sets on ``cursor``, ``done``, ``total`` and ``note`` within ``batch`` is kept with what the batch did,
    or neither is. Nothing else may be relied on after a crash: ``run`` begins anew with the cursor as it was kept.
    A stretch of reckoning that may take longer than a few seconds calls ``beat`` again and again.
    """

    def __init__(self, tasks: Tasks, claimed: Claimed):
        self._tasks, self._claimed = tasks, claimed
        self.given_up = claimed.failures > FAILURES
        """Whether it failed too often: one that tidies is taken up once more, to do that."""
        self.stopped = False
        """Whether somebody asked that it stop; only told to one that tidies."""
        self.params: dict[str, Any] = {}
        self.cursor: dict[str, Any] = {}
        self.done = 0
        self.total: int | None = None
        self.note: dict[str, str] = {}
        self.task_id = claimed.id
        self._beat_at = tasks.now() + tasks.lease / BEATS

    def say(self, message: str, **facts) -> None:
        """Note in words what it is doing (a message id); kept with the batch."""
        self.note = both(message, **facts)

    def stop(self, message: str, **facts) -> NoReturn:
        """End the task as stopped, with a sentence (a message id): it has tidied up."""
        raise _Cancelled(both(message, **facts))

    @contextmanager
    def batch(self, *, tidying: bool = False) -> Iterator[Ctx]:
        """One transaction in the name of the person who ordered the task, with the rights held now.

        Stops the task (an exception that ``run`` lets through) when it was cancelled or taken over, its module is off,
        or the person no longer works here. ``tidying`` is done in the system's name, whatever became of the person.
        """
        began = time.monotonic()
        with self._tasks.locked(self._claimed, tidying=tidying) as (ctx, task):
            self.stopped = task.cancel_asked
            yield ctx
            task.cursor = plain(self.cursor)
            self._show(task)
            task.failures = 0
        self._tasks.breathe(time.monotonic() - began)

    @contextmanager
    def reading(self) -> Iterator[Ctx]:
        """The same circumstances for reading, without a batch: to open a file, to count. Renews the lease, then holds
        no lock: whoever wants to write meanwhile can.
        """
        with self._tasks.seen(self._claimed) as (ctx, self.stopped):
            yield ctx

    def beat(self) -> None:
        """Tell, between two steps of a long reckoning, that it goes on: the lease is renewed, how far it is can be seen
        (``done``, ``total``, ``note``; the cursor is kept by batches alone), and it is stopped when somebody asked for
        that. Call it as often as you like: it does something a few times in a lease.
        """
        if self._tasks.now() >= self._beat_at:
            with self._tasks.locked(self._claimed) as (_ctx, task):
                self.stopped = task.cancel_asked
                self._show(task)

    def _show(self, task: Task) -> None:
        now = self._tasks.now()
        task.done, task.total, task.note = self.done, self.total, self.note
        task.lease_until, self._beat_at = now + self._tasks.lease, now + self._tasks.lease / BEATS

    def read_kept(self) -> None:
        """Take up what the last batch kept."""
        with self._tasks.locked(self._claimed) as (_ctx, task):
            self.params, self.cursor = dict(task.params), dict(task.cursor)
            self.done, self.total, self.note = task.done, task.total, dict(task.note)


@dataclass(frozen=True)
class Claimed:
    """A task that this worker may carry out until its lease ends; ``runs`` tells whether it still holds it."""

    id: int
    company_id: int
    kind: str
    runs: int
    failures: int


class Tasks:
    """What a worker does with tasks: claims one, carries it out, notes how it ended."""

    def __init__(self, engine: sa.Engine, registry: Registry, clock, stopping, lease: dt.timedelta = LEASE):
        self.engine, self.registry, self.now, self.stopping, self.lease = engine, registry, clock, stopping, lease

    def run_one(self) -> int:
        """Carry out the task that waits longest, if any; answers how many were taken up (0 or 1)."""
        claimed = self.claim()
        if claimed is None:
            return 0
        self.carry_out(claimed)
        return 1

    def claim(self) -> Claimed | None:
        """Lease a due task of an enabled plugin, also one whose worker died."""
        now = self.now()
        with system_session(self.engine, "worker: claim a task") as session:
            due = sa.select(Task.id).where(self._due_clause(now)).order_by(Task.due_at, Task.id)
            if session.scalar(due.limit(1)) is None:
                return None
            try:
                with transaction(session):
                    query = sa.select(Task).where(self._due_clause(now)).order_by(Task.due_at, Task.id)
                    task = session.scalar(query.limit(1).with_for_update(skip_locked=True))
                    if task is None:
                        return None
                    task.state, task.lease_until = RUNNING, now + self.lease
                    task.runs, task.failures = task.runs + 1, task.failures + 1
                    task.started_at = task.started_at or now
                    session.flush()
                    return Claimed(task.id, task.company_id, task.kind, task.runs, task.failures)
            except sa.exc.IntegrityError:  # another worker took another one of this kind up at the same moment
                return None

    def _due_clause(self, now: dt.datetime):
        ready = sa.or_(
            sa.and_(Task.state == QUEUED, Task.due_at <= now),
            sa.and_(Task.state == RUNNING, Task.lease_until < now),
        )
        other = aliased(Task)
        busy = sa.select(other.id).where(
            other.company_id == Task.company_id,
            other.kind == Task.kind,
            other.state == RUNNING,
            other.alone.is_(True),
            other.id != Task.id,
        )
        always = ["core", *(p.name for p in self.registry.plugins.values() if p.manifest.always_on)]
        switched_on = sa.select(CompanyPlugin.id).where(
            CompanyPlugin.company_id == Task.company_id,
            CompanyPlugin.plugin == Task.plugin,
            CompanyPlugin.enabled.is_(True),
        )
        return sa.and_(
            ready,
            Task.kind.in_(list(self.registry.task_kinds)),
            sa.or_(Task.plugin.in_(always), switched_on.exists()),
            sa.select(Company.id).where(Company.id == Task.company_id, Company.active.is_(True)).exists(),
            sa.or_(Task.alone.is_(False), sa.not_(busy.exists())),
        )

    def carry_out(self, claimed: Claimed) -> None:
        """Run a claimed task to its end, or as far as it gets."""
        try:
            if claimed.failures > self._most_failures(claimed):
                text = N_("It was begun {n} times and never got on. The log of the worker says why.")
                self._close(claimed, FAILED, both(text, n=FAILURES), "core.task_failed")
                return
            work = Work(self, claimed)
            with use_locale(self._locale(claimed)):
                work.read_kept()
                outcome = _kind(self.registry, claimed.kind).run(work) or Outcome()
            note = both(outcome.note, **outcome.facts) if outcome.note else {}
            self._close(claimed, DONE, note, "core.task_done", outcome.result)
        except _Lost:
            log.warning("task taken over by another worker", task=claimed.id)
        except _Held:
            self._give_back(claimed)
        except _Cancelled as asked:
            self._close(claimed, CANCELLED, asked.note, "core.task_cancelled")
        except DomainError as error:
            words = dict.fromkeys(("en", "zh"), error.message)
            self._close(claimed, FAILED, error.details.get("words") or words, "core.task_failed")
        except Exception as error:
            log.exception("task failed", task=claimed.id, kind=claimed.kind, attempt=claimed.failures)
            self._note_failure(claimed, error)

    def _tidies(self, claimed: Claimed) -> bool:
        kind = self.registry.task_kinds.get(claimed.kind)
        return kind is not None and kind.tidies

    def _most_failures(self, claimed: Claimed) -> int:
        """After so many in a row it is given up; one that tidies has one more, to do that."""
        return FAILURES + self._tidies(claimed)

    @contextmanager
    def locked(self, claimed: Claimed, *, as_system: bool = False, tidying: bool = False) -> Iterator[tuple[Ctx, Task]]:
        """The task's row, locked and still ours, in a transaction of its own."""
        if self.stopping.is_set() and not as_system:
            raise _Held
        with open_session(self.engine) as session, transaction(session):
            yield self._held(session, claimed, as_system=as_system, tidying=tidying)

    @contextmanager
    def seen(self, claimed: Claimed) -> Iterator[tuple[Ctx, bool]]:
        """The task is still ours and its lease renewed: circumstances for reading, and whether somebody asked that it
        stop. Nothing is locked any longer.
        """
        if self.stopping.is_set():
            raise _Held
        with open_session(self.engine) as session:
            with transaction(session):
                ctx, task = self._held(session, claimed)
                task.lease_until, stopped = self.now() + self.lease, task.cancel_asked
            yield ctx, stopped
            session.commit()  # nothing was written; after a rollback psycopg would prepare its statements anew

    def _held(
        self, session: CompanySession, claimed: Claimed, *, as_system: bool = False, tidying: bool = False
    ) -> tuple[Ctx, Task]:
        bind_company(session, claimed.company_id)
        task = session.get(Task, claimed.id, with_for_update=True)
        if task is None or task.state != RUNNING or task.runs != claimed.runs:
            raise _Lost
        if task.cancel_asked and not as_system and not self._tidies(claimed):
            raise _Cancelled
        company = session.get_one(Company, claimed.company_id)
        ctx = Ctx(session, company.id, SYSTEM, company.locale, self.now(), self.registry)
        ctx.memo["company"] = company
        return (ctx if as_system or tidying else self._in_the_name_of(ctx, task)), task

    def _in_the_name_of(self, ctx: Ctx, task: Task) -> Ctx:
        if task.plugin != "core" and task.plugin not in ctx.enabled:
            raise _Held
        if task.owner_id is None:
            return ctx
        person = ctx.session.get(User, task.owner_id)
        member = ctx.session.scalar(
            sa.select(Membership).where(Membership.user_id == task.owner_id, Membership.active.is_(True))
        )
        if person is None or member is None or not person.active:
            words = both(N_("{name} no longer works here. Somebody else has to order it anew."), name=task.owner_name)
            raise Forbidden("owner_left", label(words), words=words)
        memo = {**ctx.memo, "membership": member}
        actor = member_actor(ctx.session, self.registry, member, person, ctx.enabled)
        own = Ctx(ctx.session, ctx.company_id, actor, person.locale, ctx.now, self.registry, memo=memo)
        permission = _kind(self.registry, task.kind).permission
        if permission and not own.can(permission):
            right = self.registry.permissions[permission].label
            words = {}
            for locale in ("en", "zh"):
                with use_locale(locale):
                    words[locale] = _("{name} no longer has the right “{right}”.", name=task.owner_name, right=_(right))
            raise Forbidden("permission_needed", label(words), words=words)
        return own

    def _locale(self, claimed: Claimed) -> str:
        """The language of the person who ordered it, else of the company."""
        with self.locked(claimed, as_system=True) as (ctx, task):
            person = ctx.session.get(User, task.owner_id) if task.owner_id is not None else None
            return person.locale if person else ctx.locale

    def _close(self, claimed: Claimed, state: str, note: dict, event: str, result: Mapping[str, Any] | None = None):
        try:
            with self.locked(claimed, as_system=True) as (ctx, task):
                task.result = plain(dict(result)) if result is not None else task.result
                if state == DONE and task.total is not None:
                    task.done = task.total
                _end(ctx, task, state, note, event)
        except _Lost:
            log.warning("task taken over by another worker", task=claimed.id)

    def _give_back(self, claimed: Claimed) -> None:
        """Queue it as if it had not been taken up; its kept cursor stays."""
        try:
            with self.locked(claimed, as_system=True) as (_ctx, task):
                task.state, task.lease_until, task.failures = QUEUED, None, max(0, task.failures - 1)
        except _Lost:
            log.warning("task taken over by another worker", task=claimed.id)

    def _note_failure(self, claimed: Claimed, error: Exception) -> None:
        """Try again later, from the last kept cursor; give up after several failures in a row without progress."""
        try:
            with self.locked(claimed, as_system=True) as (ctx, task):
                task.error = f"{type(error).__name__}: {error}"[:2000]
                failures = max(1, task.failures)
                if failures >= self._most_failures(claimed):
                    text = N_("Something went wrong on our side, {n} times. Tell an administrator: {error}")
                    _end(ctx, task, FAILED, both(text, n=failures, error=task.error[:200]), "core.task_failed")
                else:
                    wait = 2**failures * random.uniform(0.8, 1.2)
                    task.state, task.lease_until, task.failures = QUEUED, None, failures
                    task.due_at = ctx.now + dt.timedelta(seconds=wait)
        except _Lost:
            log.warning("task taken over by another worker", task=claimed.id)

    def breathe(self, seconds: float) -> None:
        """Leave the database to others for a moment, where there is one writer."""
        if self.engine.dialect.name == "sqlite" and seconds > BREATH / 2:
            self.stopping.wait(BREATH)
