"""Reading warranty terms."""

from __future__ import annotations

import sqlalchemy as sa

from core.api import Ctx, NotFound, _
from plugins.warranty.models import Term


def get_term(ctx: Ctx, term_id: int) -> Term:
    """The term of that id; NotFound if there is none here."""
    term = ctx.session.get(Term, term_id)
    if term is None:
        raise NotFound("term_missing", _("There is no such warranty term."))
    return term


def successors_of(ctx: Ctx, term: Term) -> list[Term]:
    """The drafts and terms that are to take this one's place, the newest first."""
    query = sa.select(Term).where(Term.replaces_id == term.id, Term.state != "discarded").order_by(Term.id.desc())
    return list(ctx.session.scalars(query))

