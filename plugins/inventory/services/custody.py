"""Tools in personal custody: handed over after registration, accepted with a signature, given back, handed on
(GS-17, AG-17); what is lost or damaged is reported (GS-18).
"""

from __future__ import annotations

import io
from typing import Any

import sqlalchemy as sa

from core.api import (
    N_,
    Conflict,
    Ctx,
    Forbidden,
    Invalid,
    NotFound,
    OpenWork,
    _,
    both,
    check_version,
    emit,
    get_setting,
    is_drawn,
    label,
    next_number,
    notify,
    people_with_role,
    rule,
    store_file,
    transaction,
)
from plugins.inventory.models import Custody, Tool, ToolClaim
from plugins.inventory.queries import tools as queries
from plugins.inventory.queries.places import names_of
from plugins.inventory.rules.tools import months_between
from plugins.inventory.services.common import chosen, fitting, required
from plugins.inventory.services.kit_counts import look_now
from plugins.inventory.services.tools import not_now
from plugins.inventory.tool_contracts import (
    CLAIM,
    COMPENSATION,
    CONDITION_WORDS,
    LOSS_WORDS,
    PURPOSE_WORDS,
    USE,
    GivenBack,
    HandOver,
    Signed,
)

GIVE, HOLD = "inventory.custody.give", "inventory.custody.hold"
PURPOSE = "inventory.custody_signature"
"""What the file of a signature is for."""
OPEN = ("offered", "held")
_PHOTOS = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}


# --- handing over ---------------------------------------------------------------------------------------------------


def hand_over(ctx: Ctx, tool_id: int, data: HandOver, *, version: int | None = None) -> Custody:
    """Hand a tool that is in store to a person, who then accepts it.

    Raises Conflict when it is not in store, or when the company's table does not allow it for this purpose or unit
    (GS-17: no private use; SB-3: not lent to production).
    """
    ctx.require(GIVE)
    with transaction(ctx):
        tool = queries.get_tool(ctx, tool_id, lock=True)
        check_version(tool, version)
        if tool.state != "store":
            raise not_now(tool)
        row = _offer(ctx, tool, data, None)
        tool.state, tool.assignee_id = "offered", row.assignee_id
        ctx.session.flush()
        emit(ctx, "inventory.tool_handed", row, links=[tool], **_facts(ctx, row), kits=_kits(tool))
        look_now(ctx, _kits(tool))
        return row


def hand_on(ctx: Ctx, custody_id: int, data: HandOver, *, version: int | None = None) -> Custody:
    """Whoever has a tool hands it on to another person; until that one accepts it, it stays in the former custody."""
    with transaction(ctx):
        before, tool = _held(ctx, custody_id, version)
        _require_part(ctx, before)
        if queries.of_tool(ctx, tool.id, "offered") is not None:
            words = _("{tool} is being handed on already: wait for the answer, or withdraw it.", tool=_name(before))
            raise Conflict("offered_already", words)
        row = _offer(ctx, tool, data, before)
        emit(ctx, "inventory.tool_handed_on", row, links=[tool, before], **_facts(ctx, row))
        tool.assignee_id = row.assignee_id
        ctx.session.flush()
        emit(ctx, "inventory.tool_waits", tool, number=tool.number, name=_person(ctx, row.assignee_id))
        return row


def _offer(ctx: Ctx, tool: Tool, data: HandOver, before: Custody | None) -> Custody:
    member = queries.member_of(ctx, data.user_id)
    if member is None:
        raise Invalid("unknown_person", _("Choose a person who works here."), "user_id")
    if before is not None and before.assignee_id == data.user_id:
        raise Invalid("same_person", _("This person has it already."), "user_id")
    purpose = chosen(data.purpose, PURPOSE_WORDS, "purpose")
    unit = queries.headquarters(ctx)
    unit_id = data.unit_id or member.unit_id or tool.unit_id or (unit.id if unit is not None else None)
    unit = queries.get_unit(ctx, unit_id) if unit_id is not None else None
    row = Custody(
        tool_id=tool.id, tool_number=tool.number, tool_name=tool.name, state="offered", assignee_id=data.user_id,
        unit_id=unit_id, purpose=purpose, condition=chosen(data.condition, CONDITION_WORDS, "condition"),
        note=fitting(data.note, "note", 2000), before_id=before.id if before is not None else None,
        offered_at=ctx.now, offered_by=ctx.actor.name,
    )  # fmt: skip
    facts = {
        "purpose": purpose, "reserved": tool.reserved, "tool_kind": queries.get_kind(ctx, tool.kind_id).code,
        "unit_kind": unit.kind if unit is not None else "headquarters",
        **({"unit": unit.code} if unit is not None else {}),
    }  # fmt: skip
    ruling = rule(ctx, USE, facts, record=row)
    if not (ruling.outputs or {}).get("allowed"):
        number = ruling.decision.row_index
        note = label(ruling.decision.compiled.table.rows[number].note or "") if number >= 0 else ""
        raise Conflict("not_lent", _("{tool} is not handed out for this. {why}", tool=_name(row), why=note).strip())
    ctx.session.add(row)
    ctx.session.flush()
    text = N_("{number} {name} is handed to you: check and accept it")
    notify(ctx, [data.user_id], text, record=row, once=f"custody {row.id}", number=tool.number, name=tool.name)
    return row


# --- accepting, declining -------------------------------------------------------------------------------------------


def accept(ctx: Ctx, custody_id: int, signed: Signed, *, version: int | None = None) -> Custody:
    """The receiver takes a tool into his or her custody, with a signature; who hands tools out may record it, signed
    before their eyes. A tool that was handed on leaves the former custody in the same act.
    """
    with transaction(ctx):
        row, tool = _offered(ctx, custody_id, version)
        _require_part(ctx, row)
        picture = _picture(ctx, row, signed)
        before = _before(ctx, row)
        if before is not None:
            before.state, before.ended_at, before.ended_by = "handed_on", ctx.now, ctx.actor.name
            before.ended_condition = row.condition
            ctx.session.flush()  # one custody of a tool at a time, says the database
        row.signature_id = picture
        row.state, row.accepted_at, row.accepted_by = "held", ctx.now, ctx.actor.name
        tool.state, tool.assignee_id = "custody", row.assignee_id
        ctx.session.flush()
        emit(ctx, "inventory.tool_accepted", row, links=[tool, before], **_facts(ctx, row), kits=_kits(tool))
        look_now(ctx, _kits(tool))
        return row


def decline(ctx: Ctx, custody_id: int, reason: str, *, version: int | None = None) -> Custody:
    """A tool that was handed over is not accepted, or the hand-over is withdrawn; it stays where it was."""
    with transaction(ctx):
        row, tool = _offered(ctx, custody_id, version)
        before = _before(ctx, row)
        mine = row.assignee_id == ctx.actor.user_id
        if not mine and before is not None:
            _require_part(ctx, before)
        else:
            _require_part(ctx, row)
        why = required(reason, "reason", _("Give a reason."), 1000)
        row.state = "declined" if mine else "withdrawn"
        row.ended_at, row.ended_by, row.ended_note = ctx.now, ctx.actor.name, why
        if before is None:
            tool.state, tool.assignee_id = "store", None
        else:
            tool.assignee_id = before.assignee_id
        ctx.session.flush()
        emit(ctx, "inventory.tool_not_accepted", row, links=[tool], **_facts(ctx, row), reason=why, kits=_kits(tool))
        look_now(ctx, _kits(tool))
        return row


def _picture(ctx: Ctx, row: Custody, signed: Signed) -> int:
    kind = next((kind for head, kind in _PHOTOS.items() if signed.content.startswith(head)), "")
    if not signed.content:
        raise Invalid("signature_missing", _("Sign in the box, or add a photo of the signed card."), "signature")
    if not kind:
        raise Invalid("no_picture", _("A photo (JPEG or PNG) of the signed card is needed."), "photo")
    if signed.name == "signature.png" and not is_drawn(signed.content):
        raise Invalid("signature_empty", _("Nothing is drawn in the box yet."), "signature")
    stream: Any = io.BytesIO(signed.content)
    return store_file(ctx, signed.name, stream, purpose=PURPOSE, record=row, media_type=kind).id


# --- giving back, loss, damage --------------------------------------------------------------------------------------


def take_back(ctx: Ctx, custody_id: int, data: GivenBack, *, version: int | None = None) -> Custody:
    """A tool comes back into the store, or goes to repair. What is damaged is reported, and claimed where the
    company's table says so.
    """
    ctx.require(GIVE)
    with transaction(ctx):
        row, tool = _held(ctx, custody_id, version)
        condition = chosen(data.condition, CONDITION_WORDS, "condition")
        note = fitting(data.note, "note", 2000)
        if condition == "damaged":
            note = required(data.note, "note", _("Say what is damaged."), 2000)
        _withdraw_offer(ctx, tool)
        row.state, row.ended_at, row.ended_by = "returned", ctx.now, ctx.actor.name
        row.ended_condition, row.ended_note = condition, note
        tool.state, tool.assignee_id = "repair" if data.repair else "store", None
        ctx.session.flush()
        emit(
            ctx, "inventory.tool_given_back", row, links=[tool], **_facts(ctx, row),
            condition=both(CONDITION_WORDS[condition]), kits=_kits(tool),
        )  # fmt: skip
        look_now(ctx, _kits(tool))
        if condition == "damaged":
            _claim(ctx, row, tool, "damage", note)
        return row


def report(
    ctx: Ctx, custody_id: int, happened: str, what: str, *, version: int | None = None
) -> tuple[Custody, ToolClaim | None]:
    """A tool in custody was lost or damaged. Answers the claim that follows, None where the company's table has none
    (AG-17). What is lost leaves the custody; what is damaged stays in it until it is given back.
    """
    with transaction(ctx):
        row, tool = _held(ctx, custody_id, version)
        _require_part(ctx, row)
        chosen(happened, LOSS_WORDS, "happened")
        words = required(what, "what", _("Say what happened."), 2000)
        if happened == "loss":
            _withdraw_offer(ctx, tool)
            row.state, row.ended_at, row.ended_by, row.ended_note = "lost", ctx.now, ctx.actor.name, words
            tool.state, tool.assignee_id = "lost", None
            ctx.session.flush()
        event = "inventory.tool_lost" if happened == "loss" else "inventory.tool_damaged"
        emit(ctx, event, row, links=[tool], **_facts(ctx, row), what=words[:200], kits=_kits(tool))
        look_now(ctx, _kits(tool))
        return row, _claim(ctx, row, tool, happened, words)


def claim_facts(ctx: Ctx, tool: Tool, happened: str, fault: str) -> dict[str, Any]:
    """What the table of compensation is asked."""
    facts: dict[str, Any] = {"happened": happened, "fault": fault, "asset": tool.asset}
    if tool.price is not None:
        facts["price"] = tool.price
    if tool.bought_on is not None:
        facts["months"] = months_between(tool.bought_on, ctx.today)
    return facts


def _claim(ctx: Ctx, row: Custody, tool: Tool, happened: str, what: str) -> ToolClaim | None:
    known = sa.select(ToolClaim).where(ToolClaim.custody_id == row.id, ToolClaim.state == "reported")
    if ctx.session.scalar(known) is not None:
        return None
    ruling = rule(ctx, COMPENSATION, claim_facts(ctx, tool, happened, "open"))
    if not (ruling.outputs or {}).get("claim"):
        return None
    claim = ToolClaim(
        number=next_number(ctx, CLAIM, str(get_setting(ctx, "inventory.tool_claim_pattern"))), state="reported",
        tool_id=tool.id, custody_id=row.id, assignee_id=row.assignee_id, unit_id=row.unit_id, happened=happened,
        what=what, price=tool.price, reported_at=ctx.now, reported_by=ctx.actor.name,
        reported_by_id=ctx.actor.user_id,
    )  # fmt: skip
    ctx.session.add(claim)
    ctx.session.flush()
    name = _person(ctx, row.assignee_id)
    emit(
        ctx, "inventory.tool_claimed", claim, links=[tool, row], number=claim.number, tool=_name(row), name=name,
        happened=both(LOSS_WORDS[happened]),
    )  # fmt: skip
    text = N_("{number}: {tool}, in the custody of {name}: was it by fault?")
    people = people_with_role(ctx, str(get_setting(ctx, "inventory.tools_told")))
    notify(ctx, people, text, record=claim, once=f"claim {claim.id}", number=claim.number, tool=_name(row), name=name)
    return claim


def _withdraw_offer(ctx: Ctx, tool: Tool) -> None:
    """What was being handed on is not there any more."""
    offer = queries.of_tool(ctx, tool.id, "offered")
    if offer is not None:
        offer.state, offer.ended_at, offer.ended_by = "withdrawn", ctx.now, ctx.actor.name
        ctx.session.flush()
        emit(ctx, "inventory.tool_not_accepted", offer, links=[tool], **_facts(ctx, offer), reason="")


# --- who leaves -----------------------------------------------------------------------------------------------------


def held_by(ctx: Ctx, user_id: int) -> list[OpenWork]:
    """The tools that a person has, or is to accept."""
    count = queries.count_with(ctx, user_id, OPEN)
    return [OpenWork(_("Tools in custody"), count)] if count else []


def hand_over_all(ctx: Ctx, from_user_id: int, to_user_id: int) -> int:
    """All that somebody has is handed on to another person, who accepts it; what was still to be accepted goes to
    that person's hands. Until then it stays in the custody of who leaves. Works while the module is off, too.
    """
    with transaction(ctx):
        has = (Custody.assignee_id == from_user_id, Custody.state.in_(OPEN))
        ids = ctx.session.scalars(sa.select(Custody.tool_id).where(*has).distinct().order_by(Custody.tool_id)).all()
        tools = {i: queries.get_tool(ctx, i, lock=True) for i in ids}
        query = sa.select(Custody).where(*has, Custody.tool_id.in_(ids or [0]))
        rows = list(ctx.session.scalars(query.order_by(Custody.tool_id, Custody.id).with_for_update()))
        for row in rows:
            tool = tools[row.tool_id]
            offer = queries.of_tool(ctx, tool.id, "offered")
            if offer is None:
                offer = Custody(
                    tool_id=tool.id, tool_number=row.tool_number, tool_name=row.tool_name, state="offered",
                    unit_id=row.unit_id, purpose=row.purpose, condition=row.condition, before_id=row.id,
                    offered_at=ctx.now, offered_by=ctx.actor.name,
                )  # fmt: skip
                ctx.session.add(offer)
            elif offer is not row:
                continue
            elif row.before_id is not None and queries.get_custody(ctx, row.before_id).assignee_id == to_user_id:
                tool.assignee_id = to_user_id
                _withdraw_offer(ctx, tool)
                continue
            offer.assignee_id = tool.assignee_id = to_user_id
            ctx.session.flush()
            emit(ctx, "inventory.tool_handed_on", offer, links=[tool, row], **_facts(ctx, offer))
        return len(rows)


# --- shared ---------------------------------------------------------------------------------------------------------


def _held(ctx: Ctx, custody_id: int, version: int | None) -> tuple[Custody, Tool]:
    return _in_state(ctx, custody_id, "held", version)


def _offered(ctx: Ctx, custody_id: int, version: int | None) -> tuple[Custody, Tool]:
    return _in_state(ctx, custody_id, "offered", version)


def _in_state(ctx: Ctx, custody_id: int, state: str, version: int | None) -> tuple[Custody, Tool]:
    """A custody in a state with its tool, both locked, the tool first. Raises Conflict for another state."""
    tool = queries.get_tool(ctx, queries.get_custody(ctx, custody_id).tool_id, lock=True)
    row = queries.get_custody(ctx, custody_id, lock=True)
    check_version(row, version)
    if row.state != state:
        words = {
            "held": _("{tool} is not in this person’s custody.", tool=_name(row)),
            "offered": _("{tool} does not wait for acceptance any more.", tool=_name(row)),
        }[state]
        raise Conflict("wrong_state", words)
    return row, tool


def _before(ctx: Ctx, row: Custody) -> Custody | None:
    """The custody from which it is handed on, locked. Raises Conflict where that is out of the actor's reach."""
    if row.before_id is None:
        return None
    try:
        return queries.get_custody(ctx, row.before_id, lock=True)
    except NotFound as error:
        words = _("It is handed on from another unit: whoever hands out tools there notes that you take it over.")
        raise Conflict("out_of_reach", words) from error


def may_act(ctx: Ctx, row: Custody) -> bool:
    """Whether the actor may answer for a custody: it is the own one, or he or she hands tools out."""
    return ctx.can(GIVE) or (row.assignee_id == ctx.actor.user_id and ctx.can(HOLD))


def _require_part(ctx: Ctx, row: Custody) -> None:
    if not may_act(ctx, row):
        raise Forbidden("not_yours", _("Only the person concerned, or who hands tools out, may do this."))


def _facts(ctx: Ctx, row: Custody) -> dict[str, Any]:
    return {
        "number": row.tool_number, "tool": row.tool_name, "name": _person(ctx, row.assignee_id),
        "purpose": both(PURPOSE_WORDS[row.purpose]),
    }  # fmt: skip


def _person(ctx: Ctx, user_id: int | None) -> str:
    return names_of(ctx, [user_id]).get(user_id or 0, "")


def _name(row: Custody) -> str:
    return f"{row.tool_number} {row.tool_name}"


def _kits(tool: Tool) -> list[int]:
    return [tool.kit_id] if tool.kit_id is not None else []
