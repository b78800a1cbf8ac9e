"""The worker: carries out deliveries and tasks, fires clocks, runs jobs. Polling alone delivers everything.

What is true stands in rows. A delivery is claimed with a lease, carried out in a transaction of its own that also marks
it done, and taken up by anybody once its lease has run out. So any process may be killed at any moment: what was
acknowledged is carried out at least once, and handlers are idempotent by ``ctx.source_event_id``.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import signal
import socket
import threading
import time
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Mapped, mapped_column

from core import audit, clocks, config, garbage, logs, plugins, search
from core import registry as registry_module
from core.auth.models import User  # noqa: F401 - mapped, because other tables point to it
from core.companies.models import Company, CompanyPlugin
from core.companies.switch import enabled_for
from core.context import SYSTEM, Actor, Ctx
from core.db import Base, CompanyOwned, Id, bind_company, make_engine, open_session, system_session, transaction
from core.errors import NotFound
from core.events import DONE, PARKED, QUEUED, RUNNING, Delivery, Event, Handler, RecordRef, emit
from core.i18n import _, use_locale
from core.mail.sending import Postman
from core.mail.server import MailServer
from core.registry import Registry
from core.tasks import Tasks

log = structlog.get_logger("sanbao.worker")

LEASE = dt.timedelta(seconds=60)
ATTEMPTS = 8
"""After so many failures a delivery is parked: 2, 4, 8 … seconds apart, about four minutes in all."""
POLL = 0.5
SEAL_EVERY = 30.0
"""Seconds between two looks for events without a seal."""
BATCH = 50
TOGETHER = 500
"""So many deliveries at most are carried out in one transaction, for handlers that do many at once."""
TASK_THREADS = 2
"""Background tasks that one worker carries out at the same time."""
JOIN = 10.0
"""Seconds that a worker told to stop waits for the batches in hand; a batch that takes longer is rolled back."""


class WorkerBeat(Base):
    """When a worker was last seen; ``/readyz`` asks."""

    __tablename__ = "core_worker_beat"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(sa.String(120), unique=True)
    beat_at: Mapped[dt.datetime]


class JobRun(Base, CompanyOwned):
    """When a scheduled job of a company last began and ended."""

    __tablename__ = "core_job_run"
    __table_args__ = (sa.UniqueConstraint("company_id", "plugin", "job"),)
    __audited__ = False

    id: Mapped[Id]
    plugin: Mapped[str] = mapped_column(sa.String(60))
    job: Mapped[str] = mapped_column(sa.String(120))
    next_at: Mapped[dt.datetime]
    lease_until: Mapped[dt.datetime | None]
    ended_at: Mapped[dt.datetime | None]
    error: Mapped[str] = mapped_column(sa.Text, default="")


def utcnow() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def company_ctx(
    session,
    company_id: int,
    registry: Registry,
    *,
    now: dt.datetime | None = None,
    actor: Actor = SYSTEM,
    source_event_id: int | None = None,
) -> Ctx:
    """A Ctx for work without a request: the system, in the company's language. Binds the session to the company."""
    bind_company(session, company_id)
    company = session.get(Company, company_id)
    if company is None:
        raise NotFound("unknown_company", _("There is no such company."))
    ctx = Ctx(session, company_id, actor, company.locale, now or utcnow(), registry, source_event_id=source_event_id)
    ctx.memo["company"] = company
    return ctx


@dataclass(frozen=True)
class Claimed:
    """A delivery that this worker may carry out until its lease ends."""

    id: int
    company_id: int
    event_id: int
    event_name: str
    plugin: str
    handler: str
    attempts: int
    lease_until: dt.datetime


class Worker:
    """One worker process. ``run`` until told to stop, or ``run_until_idle`` (tests, command line)."""

    def __init__(
        self,
        engine: sa.Engine,
        registry: Registry,
        name: str | None = None,
        clock=utcnow,
        lease: dt.timedelta = LEASE,
        mail_server: MailServer | None = None,
    ):
        self.engine = engine
        self.lease = lease
        self.registry = registry
        self.name = name or f"{socket.gethostname()}-{os.getpid()}"
        self.now = clock
        self.stopping = threading.Event()
        self.tasks = Tasks(engine, registry, clock, self.stopping, lease)
        self.postman = Postman(engine, self._ctx_of, clock, self.stopping, lease, mail_server)

    # --- the loop ---

    def run(self) -> None:
        """Work until ``stopping`` is set; waits longer the longer there is nothing to do, two seconds at most."""
        log.info("worker started", worker=self.name)
        self.bring_up_to_date()
        helpers = [threading.Thread(target=self.run_tasks, daemon=True, name=f"tasks-{n}") for n in range(TASK_THREADS)]
        helpers.append(threading.Thread(target=self.run_mail, daemon=True, name="mail"))
        for helper in helpers:
            helper.start()
        idle, beat_due, jobs_due, seal_due = POLL, 0.0, 0.0, 0.0
        while not self.stopping.is_set():
            try:
                if time.monotonic() >= beat_due:
                    self.beat()
                    beat_due = time.monotonic() + 10
                done = self.deliver_due() + self.sweep_clocks() + self.index_records()
                if time.monotonic() >= jobs_due:
                    done += self.run_jobs()
                    jobs_due = time.monotonic() + 5
                if time.monotonic() >= seal_due:
                    self.seal()
                    seal_due = time.monotonic() + SEAL_EVERY
            except (sa.exc.OperationalError, sa.exc.InterfaceError):
                log.exception("database did not answer; trying again")
                done = 0
                self.stopping.wait(2)
            idle = POLL if done else min(idle * 1.5, 2.0)
            if not done:
                self.stopping.wait(idle)
        for helper in helpers:
            helper.join(JOIN)
        log.info("worker stopped", worker=self.name)

    def bring_up_to_date(self) -> None:
        """Give every open company what a newer version ships; what can't be given now is tried at the next start."""
        from core.companies.upkeep import bring_all_up_to_date

        try:
            bring_all_up_to_date(self.engine, self.registry)
        except (sa.exc.OperationalError, sa.exc.InterfaceError):
            log.exception("database did not answer; companies are brought up to date at the next start")

    def run_tasks(self) -> None:
        """Carry out background tasks, one after the other, until ``stopping`` is set: beside deliveries and clocks,
        which must not wait for them.
        """
        while not self.stopping.is_set():
            try:
                done = self.tasks.run_one()
            except Exception:  # a thread that ends would leave all tasks undone without anybody noticing
                log.exception("tasks could not be looked at; trying again")
                done = 0
            if not done:
                self.stopping.wait(1.0)

    def run_mail(self) -> None:
        """Send mail until ``stopping`` is set, beside everything else: a slow mail server holds nothing up."""
        forget_due = 0.0
        while not self.stopping.is_set():
            done = 0
            try:
                if time.monotonic() >= forget_due:
                    self.postman.forget_old()
                    forget_due = time.monotonic() + 3600
                done = self.postman.send_due()
            except Exception:  # a thread that ends would leave all mail unsent without anybody noticing
                log.exception("mail could not be looked at; trying again")
            if not done:
                self.stopping.wait(1.0)

    def _ctx_of(self, session, company_id: int, now: dt.datetime) -> Ctx:
        return company_ctx(session, company_id, self.registry, now=now)

    def run_until_idle(self, rounds: int = 1000) -> int:
        """Work until nothing is due now; answers how much was done. Deliveries waiting for a later try stay."""
        total = 0
        for _round in range(rounds):
            done = (
                self.deliver_due()
                + self.sweep_clocks()
                + self.index_records()
                + self.run_jobs()
                + self.tasks.run_one()
                + self.postman.send_due()
            )
            if not done:
                return total
            total += done
        raise RuntimeError(f"still busy after {rounds} rounds; do handlers emit what they handle?")

    def beat(self) -> None:
        """Say that this worker lives."""
        now = self.now()
        with system_session(self.engine, "worker heartbeat") as session, transaction(session):
            row = session.scalar(sa.select(WorkerBeat).where(WorkerBeat.name == self.name))
            if row is None:
                session.add(WorkerBeat(name=self.name, beat_at=now))
            else:
                row.beat_at = now
            session.execute(sa.delete(WorkerBeat).where(WorkerBeat.beat_at < now - dt.timedelta(days=1)))

    # --- deliveries ---

    def deliver_due(self) -> int:
        """Claim what is due and carry it out, each delivery in a transaction of its own unless its handler does many
        at once. Answers how many were tried. Told to stop, it finishes what is in hand and gives the others back.
        """
        groups = self._grouped(self.claim())
        tried = 0
        for number, group in enumerate(groups):
            if self.stopping.is_set():
                self._give_back([one for rest in groups[number:] for one in rest])
                return tried
            if len(group) == 1:
                self.carry_out(group[0])
            else:
                self._carry_out_together(group)
            tried += len(group)
        return tried

    def _grouped(self, claimed: list[Claimed]) -> list[list[Claimed]]:
        """What is carried out in one transaction each, in the order of what is due first."""
        groups: dict[Any, list[Claimed]] = {}
        for one in claimed:
            handler = self._handler(one)
            together = handler.together if handler is not None else None
            groups.setdefault((one.company_id, together) if together is not None else one.id, []).append(one)
        return list(groups.values())

    def _give_back(self, claimed: list[Claimed]) -> None:
        """Queue deliveries that were claimed and not begun, as if they had not been claimed."""
        with system_session(self.engine, "worker: give deliveries back") as session, transaction(session):
            for one in claimed:
                row = session.get(Delivery, one.id, with_for_update=True)
                if row is not None and row.state == RUNNING and row.attempts == one.attempts:
                    row.state, row.lease_until, row.attempts = QUEUED, None, one.attempts - 1

    def claim(self) -> list[Claimed]:
        """Lease due deliveries of enabled plugins; also those whose lease ran out because their worker died."""
        now = self.now()
        lease = now + self.lease
        with system_session(self.engine, "worker: claim deliveries") as session:
            if not session.scalar(sa.select(self._due(now).exists())):
                return []
            with transaction(session):
                found = self._take(session, self._due_clause(now), BATCH)
                for of_company, plugin, handler in self._many_at_once(found):
                    alike = (Delivery.company_id == of_company, Delivery.plugin == plugin, Delivery.handler == handler)
                    others = Delivery.id.not_in([row.id for row, _name in found])
                    found += self._take(session, sa.and_(self._due_clause(now), *alike, others), TOGETHER - BATCH)
                for row, _name in found:
                    row.state, row.lease_until, row.attempts = RUNNING, lease, row.attempts + 1
                session.flush()
                return [
                    Claimed(r.id, r.company_id, r.event_id, name, r.plugin, r.handler, r.attempts, lease)
                    for r, name in found
                ]

    def _take(self, session, where, limit: int) -> list[tuple[Delivery, str]]:
        """Lock deliveries that nobody else has in hand, with the names of their events."""
        query = (
            sa.select(Delivery, Event.name)
            .join(Event, Event.id == Delivery.event_id)
            .where(where)
            .order_by(Delivery.due_at, Delivery.id)
            .limit(limit)
            .with_for_update(skip_locked=True, of=Delivery)
        )
        return [(row, name) for row, name in session.execute(query)]

    def _many_at_once(self, found: list[tuple[Delivery, str]]) -> list[tuple[int, str, str]]:
        """(company, plugin, handler) of handlers that do many at once, where it is worth while to look for more."""
        if len(found) < BATCH:
            return []
        known = [
            (row.company_id, row.plugin, row.handler)
            for row, name in found
            if (handler := self.registry.handler_of(name, row.plugin, row.handler)) and handler.together is not None
        ]
        return list(dict.fromkeys(known))

    def _due_clause(self, now: dt.datetime):
        """Queued and due, or leased too long ago; the company open and the plugin on there (else it is held)."""
        ready = sa.or_(
            sa.and_(Delivery.state == QUEUED, Delivery.due_at <= now),
            sa.and_(Delivery.state == RUNNING, Delivery.lease_until < now),
        )
        always = [p.name for p in self.registry.plugins.values() if p.manifest.always_on]
        switched_on = (
            sa.select(CompanyPlugin.id)
            .where(
                CompanyPlugin.company_id == Delivery.company_id,
                CompanyPlugin.plugin == Delivery.plugin,
                CompanyPlugin.enabled.is_(True),
            )
            .exists()
        )
        installed = Delivery.plugin.in_(list(self.registry.plugins))
        opened = sa.select(Company.id).where(Company.id == Delivery.company_id, Company.active.is_(True)).exists()
        return sa.and_(ready, installed, sa.or_(Delivery.plugin.in_(always), switched_on), opened)

    def _due(self, now: dt.datetime):
        return sa.select(Delivery.id).where(self._due_clause(now))

    def carry_out(self, claimed: Claimed) -> None:
        """Run one handler. Success and "done" are one transaction; a failure is noted and tried again later, or
        parked.
        """
        handler = self._handler(claimed)
        try:
            with open_session(self.engine) as session, transaction(session):
                ctx = company_ctx(
                    session, claimed.company_id, self.registry, now=self.now(), source_event_id=claimed.event_id
                )
                with use_locale(ctx.locale):
                    row = session.get(Delivery, claimed.id, with_for_update=True)
                    if row is None or row.state != RUNNING or row.attempts != claimed.attempts:
                        return
                    if handler is None:
                        raise LookupError(
                            f"the module {claimed.plugin!r} no longer has the handler {claimed.handler!r}"
                        )
                    event = session.get_one(Event, claimed.event_id)
                    handler.run(ctx, event)
                    session.flush()
                    row.state, row.done_at, row.lease_until, row.error = DONE, self.now(), None, ""
        except Exception as error:
            log.exception(
                "delivery failed",
                delivery=claimed.id,
                plugin=claimed.plugin,
                handler=claimed.handler,
                attempt=claimed.attempts,
            )
            self._note_failure(claimed, error)

    def _carry_out_together(self, group: list[Claimed]) -> None:
        """Run one handler for many events. Success and all marks are one transaction; after a failure each is carried
        out by itself, so that one that always fails holds up no other.
        """
        first, attempts = group[0], {one.id: one.attempts for one in group}
        handler = self._handler(first)
        together = handler.together if handler is not None else None
        assert together is not None
        try:
            with open_session(self.engine) as session, transaction(session):
                ctx = company_ctx(session, first.company_id, self.registry, now=self.now())
                with use_locale(ctx.locale):
                    query = sa.select(Delivery).where(Delivery.id.in_(sorted(attempts))).order_by(Delivery.id)
                    locked = session.scalars(query.with_for_update())
                    rows = [row for row in locked if row.state == RUNNING and row.attempts == attempts[row.id]]
                    if not rows:
                        return
                    events = sa.select(Event).where(Event.id.in_([row.event_id for row in rows])).order_by(Event.id)
                    together(ctx, list(session.scalars(events)))
                    session.flush()
                    for row in rows:
                        row.state, row.done_at, row.lease_until, row.error = DONE, self.now(), None, ""
        except Exception:
            log.exception(
                "deliveries failed together; each is tried by itself",
                deliveries=len(group),
                plugin=first.plugin,
                handler=first.handler,
            )
            for one in group:
                self.carry_out(one)

    def _handler(self, claimed: Claimed) -> Handler | None:
        return self.registry.handler_of(claimed.event_name, claimed.plugin, claimed.handler)

    def _note_failure(self, claimed: Claimed, error: Exception) -> None:
        with system_session(self.engine, "worker: note a failed delivery") as session, transaction(session):
            row = session.get(Delivery, claimed.id)
            if row is None or row.state != RUNNING or row.attempts != claimed.attempts:
                return
            row.error = f"{type(error).__name__}: {error}"[:2000]
            row.lease_until = None
            if claimed.attempts >= ATTEMPTS:
                row.state = PARKED
            else:
                row.state = QUEUED
                row.due_at = self.now() + dt.timedelta(seconds=2**claimed.attempts * random.uniform(0.8, 1.2))

    # --- the search index ---

    def index_records(self) -> int:
        """Bring a batch of changed records of each company into the search index; answers how many were looked at."""
        with system_session(self.engine, "worker: which companies have records to index") as session:
            companies = sorted(search.companies_due(session))
        return sum(self._index_company(company_id) for company_id in companies)

    def index_all(self) -> int:
        """Index until nothing is marked any more; answers how many records were looked at."""
        total = 0
        while done := self.index_records():
            total += done
        return total

    def _index_company(self, company_id: int) -> int:
        try:
            with open_session(self.engine) as session, transaction(session):
                ctx = company_ctx(session, company_id, self.registry, now=self.now())
                with use_locale(ctx.locale):
                    return search.index_due(ctx)
        except sa.exc.OperationalError:
            raise
        except Exception:  # one company's trouble must not keep the others' records from being found
            log.exception("indexing failed", company=company_id)
            return 0

    # --- the audit trail ---

    def seal(self) -> int:
        """Seal what is not sealed yet, company by company, and write the new ends of the chains to the file of heads.
        Answers how many events were sealed.
        """
        with system_session(self.engine, "worker: which companies have events to seal") as session:
            query = sa.select(Event.company_id).where(Event.seal.is_(None)).distinct()
            companies = sorted(session.scalars(query))
        return sum(self._seal_company(company_id) for company_id in companies)

    def _seal_company(self, company_id: int) -> int:
        done = 0
        try:
            with open_session(self.engine) as session:
                ctx = company_ctx(session, company_id, self.registry, now=self.now())
                while not self.stopping.is_set() and (more := audit.seal_events(ctx)):
                    done += more
                if done and (end := audit.head(ctx)) is not None:
                    audit.append_head(audit.heads_file(), end)
        except sa.exc.OperationalError:
            raise
        except Exception:  # what is not sealed now is sealed later; one company's trouble is not the others'
            log.exception("sealing failed", company=company_id)
        return done

    # --- clocks and jobs ---

    def sweep_clocks(self) -> int:
        """Fire due clocks, company by company, each batch in one transaction."""
        now = self.now()
        with system_session(self.engine, "worker: which companies have due clocks") as session:
            companies = clocks.due_companies(session, now)
        fired = 0
        for company_id in companies:
            try:
                with open_session(self.engine) as session, transaction(session):
                    ctx = company_ctx(session, company_id, self.registry, now=now)
                    with use_locale(ctx.locale):
                        fired += clocks.sweep(ctx)
            except sa.exc.OperationalError:
                raise
            except Exception:  # one company's trouble must not keep the others' clocks from firing
                log.exception("sweep failed", company=company_id)
        return fired

    def run_jobs(self) -> int:
        """Run the scheduled jobs that are due, for companies that have the plugin on."""
        ran = 0
        with system_session(self.engine, "worker: which companies have jobs") as session:
            companies = list(session.scalars(sa.select(Company.id).where(Company.active.is_(True))))
            enabled = {c: enabled_for(session, c, self.registry) for c in companies}
        for company_id in companies:
            for plugin, jobs in self.registry.jobs.items():
                if plugin == "core" or plugin in enabled[company_id]:
                    ran += sum(self._run_job(company_id, plugin, job) for job in jobs)
        return ran

    def _run_job(self, company_id: int, plugin: str, job) -> int:
        now = self.now()
        if not self._claim_job(company_id, plugin, job, now):
            return 0
        error = ""
        try:
            with open_session(self.engine) as session, transaction(session):
                ctx = company_ctx(session, company_id, self.registry, now=now)
                with use_locale(ctx.locale):
                    job.run(ctx)
        except Exception as failure:
            log.exception("job failed", plugin=plugin, job=job.name, company=company_id)
            error = f"{type(failure).__name__}: {failure}"[:2000]
        with open_session(self.engine) as session, transaction(session):
            company_ctx(session, company_id, self.registry, now=now)
            row = session.scalar(sa.select(JobRun).where(JobRun.plugin == plugin, JobRun.job == job.name))
            assert row is not None
            row.next_at, row.lease_until, row.ended_at, row.error = (
                now + dt.timedelta(seconds=job.every),
                None,
                self.now(),
                error,
            )
        return 1

    def _claim_job(self, company_id: int, plugin: str, job, now: dt.datetime) -> bool:
        """Lease a job that is due, so that one worker runs it. False when it is not due or somebody else has it."""
        query = sa.select(JobRun).where(JobRun.plugin == plugin, JobRun.job == job.name)
        with open_session(self.engine) as session:
            company_ctx(session, company_id, self.registry, now=now)
            row = session.scalar(query)
            if row is not None and not _job_is_due(row, now):
                return False
            try:
                with transaction(session):
                    row = session.scalar(query.with_for_update())
                    if row is None:
                        row = JobRun(plugin=plugin, job=job.name, next_at=now)
                        session.add(row)
                    elif not _job_is_due(row, now):
                        return False
                    row.lease_until = now + dt.timedelta(seconds=max(job.every, 300))
            except sa.exc.IntegrityError:  # another worker began its first run at the same moment
                return False
        return True


def _job_is_due(row: JobRun, now: dt.datetime) -> bool:
    return row.next_at <= now and not (row.lease_until and row.lease_until > now)


def retry_delivery(ctx: Ctx, delivery_id: int) -> None:
    """Queue a parked delivery again. Needs ``core.deliveries.manage``."""
    ctx.require("core.deliveries.manage")
    with transaction(ctx):
        row = ctx.session.get(Delivery, delivery_id)
        if row is None or row.state != PARKED:
            raise NotFound("unknown_delivery", _("There is no such parked delivery."))
        row.state, row.attempts, row.due_at = QUEUED, 0, ctx.now
        event = ctx.session.get(Event, row.event_id)
        assert event is not None
        ref = RecordRef(event.record_kind, event.record_id) if event.record_id else None
        emit(ctx, "core.delivery_retried", ref, delivery_id=row.id, plugin=row.plugin, handler=row.handler)


def last_beat(engine: sa.Engine) -> dt.datetime | None:
    """When any worker was last seen."""
    with system_session(engine, "readiness: last heartbeat") as session:
        return session.scalar(sa.select(sa.func.max(WorkerBeat.beat_at)))


def main(without: tuple[str, ...] = ()) -> None:
    """The worker process: until SIGTERM or SIGINT, and finishing what it holds."""
    logs.configure()
    registry = plugins.load(without)
    garbage.all_is_loaded()
    registry_module.set_current(registry)
    synchronous = os.environ.get("SANBAO_SQLITE_SYNCHRONOUS", "FULL")
    lease = dt.timedelta(seconds=float(os.environ.get("SANBAO_LEASE_SECONDS", LEASE.total_seconds())))
    engine = make_engine(config.database_url(), synchronous=synchronous, pool_pre_ping=True)
    worker = Worker(engine, registry, lease=lease)
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_args: worker.stopping.set())
    worker.run()
