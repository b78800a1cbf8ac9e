"""The customer's signature and rating on a visit. A signature is never overwritten: one that is replaced stays."""

from __future__ import annotations

import io
from typing import Any

from core.api import Conflict, Ctx, Invalid, StoredFile, _, both, emit, is_drawn, store_file, transaction
from plugins.service.life import WORK
from plugins.service.models import Rating, Signature, Visit
from plugins.service.queries import visits as queries
from plugins.service.rules.visits import JPEG, PNG
from plugins.service.services.common import chosen, require_open, required
from plugins.service.services.sending import known, order_ref, remember, to_work_on
from plugins.service.visit_contracts import (
    ASPECT_WORDS,
    GRADE_WORDS,
    SIGNER_WORDS,
    RatingData,
    SignatureData,
)

PURPOSE = "service.signature"


def sign(
    ctx: Ctx, visit_id: int, data: SignatureData, once: str, reason: str = "", rating: RatingData | None = None
) -> Visit:
    """A signature (and rating) after the visit has ended, or one that takes the place of another, with the reason.

    Both stay on record. Refused once the order is closed.
    """
    ctx.require(WORK)
    with transaction(ctx):
        visit = to_work_on(ctx, visit_id)
        if known(ctx, once) is not None:
            return visit
        require_open(visit.order)
        remember(ctx, once, "sign", visit)
        if rating is not None:
            put_rating(ctx, visit, rating)
        put_signature(ctx, visit, data, reason)
        return visit


def put_signature(ctx: Ctx, visit: Visit, data: SignatureData, reason: str = "") -> Signature:
    """Keep a signature, inside the transaction of whoever calls."""
    by = chosen(data.by, SIGNER_WORDS, "by")
    links = [order_ref(visit.order)]
    before = queries.signature_on(ctx, visit.id)
    if before is not None:
        text = _("It is signed already. To replace that signature, say why; both are kept.")
        before.ended_reason = required(reason, "replace_reason", text, 1000)
        before.standing, before.ended_at = False, ctx.now
        emit(ctx, "service.signature_replaced", visit, links=links, reason=before.ended_reason)
        ctx.session.flush()
    why, file = "", None
    if by == "none":
        why = required(data.reason, "reason", _("Say why nobody signs."), 1000)
    else:
        file = keep_picture(ctx, visit, data.name, data.content)
    who = data.who.strip()[:120] or (visit.order.person_name if by == "self" else "")
    row = Signature(
        order_id=visit.order_id, visit_id=visit.id, at=ctx.now, by=by, who=who, reason=why,
        file_id=file.id if file is not None else None, standing=True, by_name=ctx.actor.name,
    )  # fmt: skip
    ctx.session.add(row)
    ctx.session.flush()
    if by == "none":
        emit(ctx, "service.not_signed", visit, links=links, reason=why)
    else:
        emit(ctx, "service.signed", visit, links=links, who=who, how=both(SIGNER_WORDS[by]))
    return row


def keep_picture(ctx: Ctx, record: Any, name: str, content: bytes) -> StoredFile:
    """A signature as a file of the record: drawn on the screen (PNG), or a photo of the signed sheet."""
    if not content:
        raise Invalid("signature_missing", _("Sign in the box, or choose why nobody signs."), "signature")
    if content.startswith(PNG) and name == "signature.png":
        if not is_drawn(content):
            raise Invalid("signature_empty", _("Nothing is drawn in the box yet."), "signature")
        return store_file(ctx, "signature.png", content, purpose=PURPOSE, record=record, media_type="image/png")
    if content.startswith((PNG, JPEG)):
        kind = "image/png" if content.startswith(PNG) else "image/jpeg"
        return store_file(ctx, name, io.BytesIO(content), purpose=PURPOSE, record=record, media_type=kind)
    raise Invalid("no_picture", _("A photo (JPEG or PNG) of the signed sheet is needed."), "photo")


def put_rating(ctx: Ctx, visit: Visit, data: RatingData) -> Rating:
    """Keep the customer's rating (VCH-19), inside the transaction of whoever calls: all four aspects, or why none."""
    declined = data.declined.strip()
    grades = {a: data.grades.get(a, "") for a in ASPECT_WORDS}
    if queries.rating_of(ctx, visit.id) is not None:
        raise Conflict("rated_already", _("The customer has rated this visit already; that rating stands."))
    if not declined:
        for aspect, grade in grades.items():
            if grade not in GRADE_WORDS:
                text = _("A grade for “{aspect}” is missing.", aspect=_(ASPECT_WORDS[aspect]))
                raise Invalid("grade_missing", text, f"grade-{aspect}")
    row = Rating(
        order_id=visit.order_id, visit_id=visit.id, technician_id=visit.technician_id, at=ctx.now,
        comment=data.comment.strip()[:2000], declined=declined[:400],
    )  # fmt: skip
    for aspect, grade in grades.items():
        setattr(row, aspect, "" if declined else grade)
    ctx.session.add(row)
    ctx.session.flush()
    links = [order_ref(visit.order)]
    if declined:
        emit(ctx, "service.rating_declined", visit, links=links, reason=row.declined)
    else:
        facts = {aspect: both(GRADE_WORDS[grade]) for aspect, grade in grades.items()}
        codes = dict(grades)
        emit(ctx, "service.rated", visit, links=links, technician=visit.technician_id, grades=codes, **facts)
    return row
