"""The writers."""

from __future__ import annotations

import sqlalchemy as sa

from core.api import Conflict, Ctx, Invalid, emit
from sample_admin.models import Category, Gadget


def save_gadget(ctx: Ctx, gadget: Gadget | None, data: dict) -> Gadget:
    """Add or change a gadget; codes are unique, and nothing is called "bad"."""
    ctx.require("sample_admin.gadget.edit")
    if data["name"] == "bad":
        raise Invalid("bad_name", "This name is not wanted.", "name")
    if data["name"] == "odd":
        raise Invalid("odd", "This can't be right.", "weather")
    if data["name"] == "worst":
        raise Invalid("bad_category", "This category is closed.", "category_id")
    created = gadget is None
    if gadget is None:
        gadget = Gadget(seen_at=ctx.now)
        ctx.session.add(gadget)
    taken = ctx.session.scalar(
        sa.select(Gadget.id)
        .where(Gadget.code == data["code"], Gadget.id != (gadget.id or 0))
        .execution_options(autoflush=False)
    )
    if taken:
        raise Conflict("code_taken", "This code is taken.", "code")
    for name, value in data.items():
        setattr(gadget, name, value)
    ctx.session.flush()
    emit(ctx, "sample_admin.gadget_added" if created else "sample_admin.gadget_saved", gadget, code=gadget.code)
    return gadget


def drop_gadget(ctx: Ctx, gadget: Gadget) -> None:
    """Delete a gadget; not one called "kept"."""
    if gadget.name == "kept":
        raise Conflict("kept", "This one is kept.")
    ctx.session.delete(gadget)
    emit(ctx, "sample_admin.gadget_dropped", code=gadget.code)


def switch_gadgets(ctx: Ctx, gadgets: list[Gadget], active: bool) -> None:
    """Switch several gadgets on or off; not one called "kept"."""
    for gadget in gadgets:
        if gadget.name == "kept":
            raise Conflict("kept", "This one is kept.")
        gadget.active = active
        emit(ctx, "sample_admin.gadget_saved", gadget, code=gadget.code)


def add_category(ctx: Ctx, name: str) -> Category:
    """Add a category."""
    row = Category(name=name)
    ctx.session.add(row)
    emit(ctx, "sample_admin.category_added", name=name)
    return row
