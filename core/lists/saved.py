"""Saved filters: a person's own, and those shared with the company; and what a person has chosen for a list.

Columns and the filter that opens by itself belong to the person and stand in the account's preferences.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.auth.models import User
from core.context import Ctx
from core.db import Base, BigId, CompanyOwned, Id, JsonType, transaction
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.events import emit
from core.i18n import _

SHARE = "core.filters.share"
MOST = 20
"""A person's own filters of one list, and those shared of one list, are no more than so many each."""
LONGEST_NAME = 60


class SavedFilter(Base, CompanyOwned):
    """A named filter of a list. ``args`` are what its address says; ``list_name`` is the list's own name.

    Private ones are a person's own business and leave no event; what is done to shared ones is on record.
    """

    __tablename__ = "core_saved_filter"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "list_name", "owner_id", "name"),
        sa.Index("ix_core_saved_filter_shared", "company_id", "list_name", "shared"),
    )
    __audited__ = False

    id: Mapped[Id]
    list_name: Mapped[str] = mapped_column(sa.String(80))
    name: Mapped[str] = mapped_column(sa.String(LONGEST_NAME))
    owner_id: Mapped[int] = mapped_column(BigId, sa.ForeignKey("core_user.id"), index=True)
    shared: Mapped[bool] = mapped_column(default=False)
    args: Mapped[dict] = mapped_column(JsonType, default=dict)
    position: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[dt.datetime]


def visible_filters(ctx: Ctx, list_name: str) -> list[SavedFilter]:
    """The shared filters of a list and this person's own, in their order."""
    query = sa.select(SavedFilter).where(
        SavedFilter.list_name == list_name,
        sa.or_(SavedFilter.shared.is_(True), SavedFilter.owner_id == ctx.actor.user_id),
    )
    query = query.order_by(SavedFilter.shared.desc(), SavedFilter.position, SavedFilter.id)
    return list(ctx.session.scalars(query.limit(2 * MOST)))


def find_filter(ctx: Ctx, list_name: str, filter_id: int | None) -> SavedFilter:
    """A filter of this list that this person may use. Raises NotFound."""
    for row in visible_filters(ctx, list_name) if filter_id is not None else ():
        if row.id == filter_id:
            return row
    raise NotFound("unknown_filter", _("There is no such saved filter. Somebody may have deleted it."))


def may_change(ctx: Ctx, row: SavedFilter) -> bool:
    """Whether this person may rename, change and delete a filter: one's own, or any shared one with the right."""
    return ctx.can(SHARE) if row.shared else row.owner_id == ctx.actor.user_id


def save_filter(ctx: Ctx, list_name: str, name: str, args: Mapping[str, str], *, shared: bool = False) -> SavedFilter:
    """Keep a filter under a name; sharing it needs ``core.filters.share``."""
    if shared:
        ctx.require(SHARE)
    if ctx.actor.user_id is None:
        raise Invalid("nobody", _("Only a person can keep a filter."))
    with transaction(ctx):
        rows = visible_filters(ctx, list_name)
        same = [r for r in rows if r.shared == shared]
        if len(same) >= MOST:
            raise Conflict("too_many", _("There are {n} saved filters already. Delete one first.", n=MOST))
        row = SavedFilter(
            list_name=list_name,
            name=_checked_name(ctx, rows, name),
            owner_id=ctx.actor.user_id,
            shared=shared,
            args=dict(args),
            position=max((r.position for r in same), default=0) + 1,
            created_at=ctx.now,
        )
        ctx.session.add(row)
        ctx.session.flush()
        if shared:
            emit(ctx, "core.filter_shared", name=row.name, list=list_name, filter=row.args)
        return row


def _checked_name(ctx: Ctx, rows: Sequence[SavedFilter], name: str, but: int | None = None) -> str:
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise Invalid("name", _("Give it a name of {n} characters at most.", n=LONGEST_NAME), "name")
    if any(r.name == name and r.id != but for r in rows):
        raise Conflict("name_taken", _("There is a filter called “{name}” already.", name=name))
    return name


def _to_change(ctx: Ctx, list_name: str, filter_id: int | None) -> SavedFilter:
    row = find_filter(ctx, list_name, filter_id)
    if not may_change(ctx, row):
        ctx.require(SHARE)
        raise Forbidden("not_yours", _("This filter belongs to somebody else."))
    return row


def change_filter(
    ctx: Ctx,
    list_name: str,
    filter_id: int | None,
    *,
    name: str | None = None,
    args: Mapping[str, str] | None = None,
    shared: bool | None = None,
) -> SavedFilter:
    """Rename a filter, let it mean something else, share it or take it back. Raises Forbidden for others' filters."""
    with transaction(ctx):
        row = _to_change(ctx, list_name, filter_id)
        was_shared = row.shared
        if shared is not None and shared != row.shared:
            ctx.require(SHARE)
            if not shared and row.owner_id != ctx.actor.user_id:
                raise Forbidden("not_yours", _("Only {name} can take this filter back.", name=_owner(ctx, row)))
            row.shared = shared
        if name is not None:
            row.name = _checked_name(ctx, visible_filters(ctx, list_name), name, row.id)
        if args is not None:
            row.args = dict(args)
        ctx.session.flush()
        if row.shared:
            emit(ctx, "core.filter_shared", name=row.name, list=list_name, filter=row.args)
        elif was_shared:
            emit(ctx, "core.filter_unshared", name=row.name, list=list_name)
        return row


def _owner(ctx: Ctx, row: SavedFilter) -> str:
    return ctx.session.scalar(sa.select(User.name).where(User.id == row.owner_id)) or ""


def delete_filter(ctx: Ctx, list_name: str, filter_id: int | None) -> str:
    """Delete a filter; answers its name."""
    with transaction(ctx):
        row = _to_change(ctx, list_name, filter_id)
        name, shared = row.name, row.shared
        ctx.session.delete(row)
        ctx.session.flush()
        if shared:
            emit(ctx, "core.filter_unshared", name=name, list=list_name)
        return name


def move_filter(ctx: Ctx, list_name: str, filter_id: int | None, step: int) -> None:
    """Move a filter one place to the left (-1) or right (+1) among those of its sort."""
    with transaction(ctx):
        row = _to_change(ctx, list_name, filter_id)
        same = [r for r in visible_filters(ctx, list_name) if r.shared == row.shared]
        at = same.index(row)
        to = at + (1 if step > 0 else -1)
        if not 0 <= to < len(same):
            return
        same[at], same[to] = same[to], same[at]
        for position, item in enumerate(same, 1):
            item.position = position
        ctx.session.flush()
        if row.shared:
            emit(ctx, "core.filter_shared", name=row.name, list=list_name, filter=row.args)


# --- what a person has chosen ---------------------------------------------------------------------------------------


def _account(ctx: Ctx) -> User | None:
    return ctx.session.get(User, ctx.actor.user_id) if ctx.actor.user_id is not None else None


def columns_of(ctx: Ctx, list_name: str) -> list[str] | None:
    """The columns that this person wants to see in a list; None when nothing was chosen."""
    account = _account(ctx)
    found = account.preferences.get("columns", {}).get(list_name) if account else None
    return list(found) if isinstance(found, list) else None


def choose_columns(ctx: Ctx, list_name: str, keys: Sequence[str] | None) -> None:
    """Keep which columns this person wants to see; None goes back to what the list shows by itself."""
    _prefer(ctx, "columns", list_name, None if keys is None else list(keys))


def default_filter(ctx: Ctx, list_name: str) -> int | None:
    """The saved filter with which a list opens for this person here."""
    account = _account(ctx)
    found = account.preferences.get("filters", {}).get(f"{ctx.company_id} {list_name}") if account else None
    return found if isinstance(found, int) else None


def choose_default(ctx: Ctx, list_name: str, filter_id: int | None) -> None:
    """Let a list open with a saved filter for this person; None goes back to what it opens with by itself."""
    if filter_id is not None:
        find_filter(ctx, list_name, filter_id)
    _prefer(ctx, "filters", f"{ctx.company_id} {list_name}", filter_id)


def _prefer(ctx: Ctx, sort: str, name: str, value) -> None:
    with transaction(ctx):
        account = _account(ctx)
        if account is None:
            return
        kept = {**account.preferences.get(sort, {}), name: value}
        account.preferences = {**account.preferences, sort: {k: v for k, v in kept.items() if v is not None}}
