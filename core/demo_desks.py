"""What people of a demonstration have on their desks beside records, so that no page of the core is empty at first.

Knows no business: it takes the lists, the lives and the checklists that the company's modules declare.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from core.approvals import chains
from core.approvals.services import ask, open_request
from core.attachments import attach
from core.auth.models import User
from core.checklists.services import Given, add_photo, checklist_of, in_use, put_checklist, save_answers
from core.checklists.services import table_name as checklists_table
from core.checklists.template import CHOICE, NUMBER, OPTIONS, PHOTO, Item
from core.companies.models import Membership, Role
from core.context import Actor, Ctx
from core.db import transaction
from core.decisions.store import latest_published, publish, save_draft, table_named
from core.events import RecordRef
from core.files import receive
from core.i18n import _, label
from core.lists.background import order_export
from core.lists.export import Wanted, source_of
from core.lists.filters import ChoiceFilter
from core.lists.saved import LONGEST_NAME, save_filter
from core.workflow import Workflow

CHIEF = "administrator"
"""The role that every company has: whoever holds it orders a file and is asked for approval."""
LOOKED_AT = 60
"""So many of the newest records of a kind are looked at for one that fits."""


def furnish(ctx: Ctx) -> None:
    """A filter of one's own and a shared one, a file being written, an attachment, a checklist answered with a photo
    and a request that waits for approval, as far as the company's modules have what these need. One transaction.
    """
    chief = next((actor for actor in _people(ctx) if CHIEF in actor.roles), None)
    if chief is None:
        return
    with transaction(ctx):
        lists = [d for name, d in ctx.registry.lists.items() if ctx.registry.owner_of("lists", name) in ctx.enabled]
        for definition in [d for d in lists if len(_choices(ctx, d)) > 1][:2]:
            _filters(ctx.as_actor(chief), definition)
        for definition in [d for d in lists if d.export][:1]:
            source = source_of(ctx.registry, definition.name)
            keys = tuple(key for key, _words in source.columns())
            order_export(ctx.as_actor(chief), source, Wanted(definition.name, {}, keys, "xlsx"), None)
        owner = ctx.registry.owner_of
        lives = [w for kind, w in ctx.registry.workflows.items() if owner("workflows", kind) in ctx.enabled]
        for piece in (_picture, _answers, _request):
            next((w for w in lives if (records := _records(ctx, w)) and piece(ctx, w, records, chief)), None)


def _people(ctx: Ctx) -> list[Actor]:
    """Those who work here, with the rights that their roles give them."""
    rights: dict[str, list[str]] = dict(ctx.session.execute(sa.select(Role.code, Role.permissions)).tuples().all())
    query = sa.select(Membership, User.name).join(User, User.id == Membership.user_id).order_by(Membership.id)
    return [
        Actor(
            member.user_id,
            name,
            frozenset(code for held in member.role_codes for code in rights.get(held, ())),
            roles=frozenset(member.role_codes),
        )
        for member, name in ctx.session.execute(query.where(Membership.active.is_(True)))
    ]


def _choices(ctx: Ctx, definition: Any) -> list[ChoiceFilter]:
    return [f for f in definition.filters if isinstance(f, ChoiceFilter) and f.choices(ctx)]


def _filters(ctx: Ctx, definition: Any) -> None:
    """One by the first thing that can be chosen, shared with all; one by the second, for the person alone."""
    for choice, shared in zip(_choices(ctx, definition), (True, False), strict=False):
        value, words = choice.choices(ctx)[-1]
        name = f"{_(choice.label)}{_(': ')}{label(words)}"
        save_filter(ctx, definition.name, name[:LONGEST_NAME], {choice.key: str(value)}, shared=shared)


def _records(ctx: Ctx, workflow: Workflow) -> list[Any]:
    """The newest records whose life goes on."""
    model: Any = ctx.registry.kinds[workflow.kind].model
    going = [state.name for state in workflow.states if not state.final]
    query = sa.select(model).where(model.state.in_(going)).order_by(model.id.desc()).limit(LOOKED_AT)
    return list(ctx.session.scalars(query))


def _picture(ctx: Ctx, workflow: Workflow, records: list[Any], chief: Actor) -> bool:
    attach(ctx.as_actor(chief), RecordRef(workflow.kind, records[0].id), "photo-2.png", photo(96, 130, 178))
    return True


def _answers(ctx: Ctx, workflow: Workflow, records: list[Any], chief: Actor) -> bool:
    """A checklist that a module ships is put on one record, and answered with a photo but for its last item."""
    code = next((c.code for c in ctx.registry.checklists.values() if c.kind == workflow.kind), None)
    if code is None:
        return False
    if not in_use(ctx, workflow.kind):
        _publish(ctx, checklists_table(workflow.kind), [], _("Put on single records for now"))
    ctx, ref = ctx.as_actor(chief), RecordRef(workflow.kind, records[0].id)
    put_checklist(ctx, records[0], code)
    items = checklist_of(ctx, ref, code).template.items
    save_answers(ctx, ref, code, [Given(item.code, _value(item)) for item in items[:-1] if item.type != PHOTO])
    shown = next((item for item in items if item.type == PHOTO), items[0])
    add_photo(ctx, ref, code, shown.code, "photo-1.png", receive(ctx, photo(176, 138, 92)))
    return True


def _publish(ctx: Ctx, name: str, rows: list[dict[str, Any]], reason: str) -> None:
    body = latest_published(ctx, table_named(ctx, name)).body
    save_draft(ctx, name, {**body, "rows": rows}, reason=reason, effective_from=ctx.today)
    publish(ctx, name)


def _value(item: Item) -> str:
    if item.type in OPTIONS or item.type == CHOICE:
        return item.options()[0][0]
    if item.type == NUMBER:
        return str(item.minimum if item.minimum is not None else item.maximum if item.maximum is not None else 1)
    return _("Looked at on the spot, with the customer.")


def _request(ctx: Ctx, workflow: Workflow, records: list[Any], chief: Actor) -> bool:
    """From now on the chief approves a transition that ends a record; somebody has asked for it."""
    way = next((t for t in workflow.transitions if t.reason_required and workflow.state(t.target).final), None)
    if way is None:
        return False
    row = {
        "when": {"transition": way.name},
        "then": {"step": 1, "role": CHIEF, "scope": "company", "holders": "one"},
    }
    reason = _("“{action}” is approved first", action=_(way.label))
    _publish(ctx, chains.table_name(workflow.kind), [row], reason)
    others = [actor for actor in _people(ctx) if way.permission in actor.permissions and actor != chief]
    asker = ctx.as_actor(others[0] if others else chief)
    for record in records[1:]:
        ref = RecordRef(workflow.kind, record.id)
        if record.state in way.sources and open_request(ctx, ref) is None:
            ask(asker, ref, way.name, _("It was reported twice."))
            return True
    return False


def photo(red: int, green: int, blue: int, width: int = 320, height: int = 240) -> bytes:
    """A small PNG in place of a photo: a horizon, and light that falls from the left."""

    def rows() -> Iterator[bytes]:
        for y in range(height):
            ground = 70 if y > height * 2 // 3 else 0
            shades = ((x * 60) // width - ground for x in range(width))
            yield b"\0" + b"".join(bytes(max(0, min(255, c + s)) for c in (red, green, blue)) for s in shades)

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"".join(rows()), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
