"""Reading what is due to be called, who calls whom, drafts, attempts and promises."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Clock, Ctx, NotFound, _, get_locale, get_setting
from plugins.callback.calling_contracts import PROMISE
from plugins.callback.models import Call, CallDraft, Need, Preference, Promise, Try
from plugins.callback.queries.calls import NOBODY
from plugins.callback.rules.calling import part_of

_SCRIPT = Path(__file__).parents[1] / "data" / "script.txt"


def lock_began(ctx: Ctx) -> dt.datetime:
    """A lock that is older than this moment is over, unless its person has typed since."""
    return ctx.now - dt.timedelta(minutes=int(get_setting(ctx, "callback.lock_minutes")))


def part_now(ctx: Ctx) -> int:
    """The part of the day at the company."""
    local = ctx.now.astimezone(ctx.tz).time()
    hours = (int(get_setting(ctx, f"callback.{name}_begins")) for name in ("afternoon", "evening"))
    return part_of(local, *hours)


def _typed_since(moment: dt.datetime) -> Any:
    draft = sa.select(CallDraft.id).where(
        CallDraft.call_id == Call.id, CallDraft.user_id == Call.locked_by, CallDraft.saved_at >= moment
    )
    return draft.exists()


def _mine_to_call(ctx: Ctx) -> Any:
    """Whose calls a person is handed: those dealt to this one and to nobody; colleagues' too where the setting says."""
    if get_setting(ctx, "callback.take_colleagues"):
        return sa.true()
    return sa.or_(Call.assignee_id == ctx.actor.user_id, Call.assignee_id.is_(None))


def _may_be_called() -> Any:
    """Not those who have asked for no calls since it was planned, except where the law asks for it."""
    refused = sa.select(Preference.id).where(Preference.customer_id == Call.customer_id, Preference.no_call.is_(True))
    legal = sa.select(Need.id).where(Need.call_id == Call.id, Need.legal.is_(True))
    return sa.or_(~refused.exists(), legal.exists())


def due_calls(ctx: Ctx) -> sa.Select:
    """The released calls that are due now, in the order in which they are handed out: overdue ones first, then those
    whose span ends soonest, then those dealt to this person, then those that nobody has.
    """
    today = sa.or_(Call.day < ctx.today, Call.part <= part_now(ctx))
    own = sa.case((Call.assignee_id == ctx.actor.user_id, 0), (Call.assignee_id.is_(None), 1), else_=2)
    return (
        sa.select(Call)
        .where(Call.state == "released", Call.day <= ctx.today, today, _mine_to_call(ctx), _may_be_called())
        .where(sa.or_(Call.next_try_at.is_(None), Call.next_try_at <= ctx.now))
        .order_by(Call.day, Call.due_until, own, Call.part, Call.id)
    )


def abandoned_calls(ctx: Ctx) -> sa.Select:
    """Calls that somebody began and left: the lock is over and nothing was typed since."""
    moment = lock_began(ctx)
    query = sa.select(Call).where(Call.state == "calling", Call.locked_at < moment, ~_typed_since(moment))
    return query.where(_mine_to_call(ctx), _may_be_called()).order_by(Call.day, Call.due_until, Call.id)


def held_call(ctx: Ctx, user_id: int | None) -> Call | None:
    """The call that a person is at, the newest if there are several."""
    query = sa.select(Call).where(Call.locked_by == user_id, Call.state == "calling")
    return ctx.session.scalar(query.order_by(Call.locked_at.desc(), Call.id).limit(1)) if user_id else None


def is_held(ctx: Ctx, call: Call) -> bool:
    """Whether somebody is at a call now: locked, and the lock is not over."""
    if call.state != "calling" or call.locked_at is None:
        return False
    moment = lock_began(ctx)
    if call.locked_at >= moment:
        return True
    return bool(ctx.session.scalar(sa.select(Call.id).where(Call.id == call.id, _typed_since(moment))))


@dataclass(frozen=True)
class Waiting:
    """What a person has to call today: due now (counted up to ``most``), and when the next one is tried again."""

    due: int
    next_at: dt.datetime | None
    most: int = 200

    @property
    def words(self) -> str:
        """``12``, or ``200+`` where there are more than are counted."""
        return f"{self.most}+" if self.due > self.most else str(self.due)


def waiting(ctx: Ctx) -> Waiting:
    """How much is due for this person now; counted only so far that it takes no longer the more there is."""
    some = due_calls(ctx).with_only_columns(Call.id).order_by(None).limit(Waiting.most + 1).subquery()
    due = ctx.session.scalar(sa.select(sa.func.count()).select_from(some)) or 0
    later = sa.select(sa.func.min(Call.next_try_at)).where(
        Call.state == "released", Call.day <= ctx.today, Call.next_try_at > ctx.now, _mine_to_call(ctx)
    )
    return Waiting(due, ctx.session.scalar(later))


def next_few(ctx: Ctx, limit: int = 8) -> list[Call]:
    """The first of what is due, with customers."""
    return list(ctx.session.scalars(due_calls(ctx).options(orm.joinedload(Call.customer)).limit(limit)))


def under_way(ctx: Ctx) -> sa.Select:
    """Who calls whom now, and whether it is still kept for its person; to be sorted by ``locked_at``."""
    moment = lock_began(ctx)
    held = sa.or_(Call.locked_at >= moment, _typed_since(moment)).label("kept")
    return sa.select(Call, held).options(orm.joinedload(Call.customer)).where(Call.state == "calling")


def loads(ctx: Ctx) -> list[tuple[int | None, int, int]]:
    """(person or None, calls due until today, of them overdue), by person."""
    overdue = sa.func.sum(sa.case((Call.day < ctx.today, 1), else_=0))
    # not the column itself: to have it in order, SQLite would read the calls of all companies by its index
    whose = sa.func.coalesce(Call.assignee_id, 0)
    query = sa.select(whose, sa.func.count(), overdue).where(Call.state == "released", Call.day <= ctx.today)
    rows = [(who or None, int(n), int(late or 0)) for who, n, late in ctx.session.execute(query.group_by(whose))]
    return sorted(rows, key=lambda row: (row[0] is None, row[0] or 0))


def done_today(ctx: Ctx, user_ids: Iterable[int | None]) -> dict[int, tuple[int, int]]:
    """Person → (attempts today, customers reached)."""
    start = dt.datetime.combine(ctx.today, dt.time(), ctx.tz)
    reached = sa.func.sum(sa.case((Try.result == "reached", 1), else_=0))
    wanted = sorted({u for u in user_ids if u is not None}) or NOBODY
    query = sa.select(Try.by_id, sa.func.count(), reached).where(Try.by_id.in_(wanted), Try.at >= start)
    return {who: (int(n), int(r or 0)) for who, n, r in ctx.session.execute(query.group_by(Try.by_id))}


def draft_of(ctx: Ctx, call_id: int, user_id: int | None) -> CallDraft | None:
    """What a person has typed on a call and not sent yet."""
    query = sa.select(CallDraft).where(CallDraft.call_id == call_id, CallDraft.user_id == user_id)
    return ctx.session.scalar(query)


def try_by_key(ctx: Ctx, key: str) -> Try | None:
    """The attempt that was sent with a key."""
    return ctx.session.scalar(sa.select(Try).where(Try.key == key))


def get_try(ctx: Ctx, try_id: int) -> Try:
    """One attempt. Raises NotFound."""
    row = ctx.session.get(Try, try_id)
    if row is None:
        raise NotFound("unknown_try", _("There is no such attempt."))
    return row


def call_of_contact(ctx: Ctx, contact_id: int) -> Call | None:
    """The planned call that an entry of the call register was written in."""
    return ctx.session.scalar(sa.select(Call).join(Try, Try.call_id == Call.id).where(Try.contact_id == contact_id))


def tries_of(ctx: Ctx, call_id: int) -> list[Try]:
    """The attempts of a call, the newest first."""
    query = sa.select(Try).where(Try.call_id == call_id)
    return list(ctx.session.scalars(query.order_by(Try.id.desc()).limit(50)))


# --- promises -------------------------------------------------------------------------------------------------------


def get_promise(ctx: Ctx, promise_id: int, *, lock: bool = False) -> Promise:
    """One promise or task. Raises NotFound."""
    row = ctx.session.get(Promise, promise_id, with_for_update=lock or None)
    if row is None:
        raise NotFound("unknown_promise", _("There is no such task, or it is not meant for you."))
    return row


def open_promises_of(ctx: Ctx, user_id: int | None, limit: int = 50) -> list[Promise]:
    """What a person has still to do, the most urgent first."""
    query = sa.select(Promise).options(orm.joinedload(Promise.customer)).where(Promise.assignee_id == user_id)
    return list(ctx.session.scalars(query.where(Promise.state == "open").order_by(Promise.due_at).limit(limit)))


def count_promises(ctx: Ctx, condition: Any) -> int:
    """How many open ones fit."""
    query = sa.select(sa.func.count()).select_from(Promise).where(Promise.state == "open", condition)
    return ctx.session.scalar(query) or 0


def promises_of(ctx: Ctx, condition: Any, limit: int = 10) -> list[Promise]:
    """The latest ones that fit, the open ones first."""
    query = sa.select(Promise).where(condition)
    order = (sa.case((Promise.state == "open", 0), else_=1), Promise.due_at, Promise.id)
    return list(ctx.session.scalars(query.order_by(*order).limit(limit)))


def clocks_of(ctx: Ctx, ids: Sequence[int], kind: str = PROMISE) -> dict[int, Clock]:
    """Record → its running or paused time limit; one statement."""
    query = sa.select(Clock).where(
        Clock.record_kind == kind, Clock.record_id.in_(ids or NOBODY), Clock.state.in_(("running", "paused"))
    )
    return {clock.record_id: clock for clock in ctx.session.scalars(query.order_by(Clock.id))}


# --- what is said ---------------------------------------------------------------------------------------------------


def script(ctx: Ctx) -> list[str]:
    """What callers say, a line each: those of the setting, or those that come with the module."""
    text = str(get_setting(ctx, "callback.script")).strip() or _SCRIPT.read_text(encoding="utf-8")
    lines = [line.partition("|") for line in text.splitlines() if line.strip()]
    chosen = [(chinese if get_locale() == "zh" and chinese.strip() else english) for english, _bar, chinese in lines]
    return [line.strip().replace("{company}", ctx.company.name) for line in chosen]
