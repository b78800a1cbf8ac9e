"""Who may give which rights, and that a company never loses its last administrator.

A company's administrators (role ``administrator``) may give any right. Anybody else with the right to manage people may
give and take only rights that he or she holds in person; otherwise that one right would be all of them.
"""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from core.auth.models import User
from core.companies.models import Membership, Role
from core.context import Ctx
from core.errors import Conflict, Forbidden
from core.i18n import _

ADMINISTRATOR = "administrator"
KEY_RIGHT = "core.users.manage"
"""Without it an administrator could give nobody anything back."""


def held(ctx: Ctx) -> frozenset[str] | None:
    """The rights that the actor may pass on; None means all. Rights of modules that are off count as held, too."""
    if ctx.actor.is_system or ADMINISTRATOR in ctx.actor.roles:
        return None
    rows = ctx.session.scalars(sa.select(Role.permissions).where(Role.code.in_(sorted(ctx.actor.roles))))
    return ctx.actor.permissions.union(*rows)


def require_may_grant(ctx: Ctx, permissions: Iterable[str]) -> None:
    """Raise Forbidden when the actor may not pass one of these rights on, naming it."""
    own = held(ctx)
    if own is None:
        return
    lacking = sorted(set(permissions) - own)
    if lacking:
        label = ctx.registry.permission_label(lacking[0])
        raise Forbidden(
            "right_not_held",
            _("You don't hold the right “{right}” and so can't give or take it. An administrator can.", right=label),
            permission=lacking[0],
        )


def require_may_grant_roles(ctx: Ctx, role_codes: Iterable[str]) -> None:
    """Raise Forbidden when one of these roles carries a right that the actor may not pass on."""
    codes = sorted(set(role_codes))
    if not codes or held(ctx) is None:
        return
    if ADMINISTRATOR in codes:
        raise Forbidden("administrators_only", _("Only an administrator can make or unmake an administrator."))
    rows = ctx.session.scalars(sa.select(Role.permissions).where(Role.code.in_(codes)))
    require_may_grant(ctx, {code for permissions in rows for code in permissions})


def require_may_place(ctx: Ctx, unit_id: int | None, data_scope: str) -> None:
    """Raise Forbidden when an actor who sees only some organisation units lets somebody see more than that."""
    units = ctx.actor.unit_ids
    if units is None or (data_scope == "units" and unit_id in units):
        return
    raise Forbidden("beyond_own_units", _("You see only your own organisation units and can't let anybody see more."))


def require_role_keeps_company_open(role_code: str, permissions: Iterable[str]) -> None:
    """Raise Conflict when the administrators' role would lose the right to manage people."""
    if role_code == ADMINISTRATOR and KEY_RIGHT not in set(permissions):
        raise Conflict(
            "administrators_need_it",
            _("Administrators need the right to manage people; without it nobody could give it back."),
            "permissions",
        )


def require_administrator_left(ctx: Ctx, leaving_user_id: int) -> None:
    """Raise Conflict when nobody but ``leaving_user_id`` is an active administrator here.

    The role's row is locked first, so that two administrators can't remove each other at the same moment.
    """
    ctx.session.scalar(sa.select(Role.id).where(Role.code == ADMINISTRATOR).with_for_update())
    rows = ctx.session.execute(
        sa.select(Membership.user_id, Membership.role_codes)
        .join(User, User.id == Membership.user_id)
        .where(Membership.active.is_(True), User.active.is_(True))
    )
    if not any(ADMINISTRATOR in codes and user_id != leaving_user_id for user_id, codes in rows):
        raise Conflict(
            "last_administrator",
            _("This is the company's last administrator. Make somebody else an administrator first."),
            "roles",
        )
