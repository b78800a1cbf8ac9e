"""What a person may do in a company now: the same answer for a request and for work done in the background."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.auth.models import User
from core.companies.models import Membership, Role
from core.companies.services import descendants
from core.context import Actor
from core.db import bind_company
from core.registry import Registry


def usable(registry: Registry, enabled: Iterable[str], granted: Iterable[str]) -> set[str]:
    """Those of the granted permissions whose module is switched on (and installed)."""
    on = {"core", *enabled}
    return {p for p in granted if p in registry.permissions and registry.owner_of("permissions", p) in on}


def member_actor(
    session: Session, registry: Registry, membership: Membership, person: User, enabled: Iterable[str]
) -> Actor:
    """A member with the permissions of his or her roles. Narrows the session to the person's units where they bound
    what is seen.
    """
    roles = frozenset(membership.role_codes)
    granted: set[str] = set()
    second_factor = False
    if roles:
        held = session.execute(sa.select(Role.permissions, Role.second_factor_required).where(Role.code.in_(roles)))
        for given, demanding in held:
            granted.update(given)
            second_factor = second_factor or demanding
    permissions = frozenset(usable(registry, enabled, granted))
    units = None
    if membership.data_scope == "units" and "core.records.see_all_units" not in permissions:
        units = descendants(session, membership.unit_id) if membership.unit_id else frozenset()
        bind_company(session, membership.company_id, units, membership.user_id)
    return Actor(person.id, person.name, permissions, units, roles, needs_second_factor=second_factor)
