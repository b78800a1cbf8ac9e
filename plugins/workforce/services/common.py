"""What the services of workforce have in common: texts that are needed, people who work here."""

from __future__ import annotations

from core.api import Ctx, Invalid, Membership, _
from plugins.workforce.queries.people import find_member


def required(text: str, field: str, words: str, longest: int) -> str:
    """A text without blanks around it. Raises Invalid with ``words`` when it is empty, or when it is too long."""
    text = text.strip()
    if not text:
        raise Invalid("missing", words, field)
    return fitting(text, field, longest)


def fitting(text: str, field: str, longest: int) -> str:
    """A text without blanks around it. Raises Invalid when it is too long."""
    text = text.strip()
    if len(text) > longest:
        raise Invalid("too_long", _("At most {n} characters; this has {length}.", n=longest, length=len(text)), field)
    return text


def member(ctx: Ctx, user_id: int, field: str = "user_id") -> Membership:
    """Somebody who works here and within the actor's reach. Raises Invalid."""
    row = find_member(ctx, user_id)
    if row is None:
        raise Invalid("unknown_person", _("Choose somebody who works here."), field)
    return row
