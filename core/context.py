"""Who does something, for which company, in which language, at what moment: the first argument of every service."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from core.errors import Forbidden
from core.i18n import _

if TYPE_CHECKING:
    from core.companies.models import Company
    from core.registry import Registry


@dataclass(frozen=True)
class Actor:
    """The person (or the system) that acts.

    ``permissions`` are those of the person's roles in this company, enabled modules only. ``unit_ids`` limits what is
    seen to these organisation units; None means the whole company. ``roles`` are role codes.
    """

    user_id: int | None
    name: str
    permissions: frozenset[str] = frozenset()
    unit_ids: frozenset[int] | None = None
    roles: frozenset[str] = frozenset()
    is_system: bool = False
    needs_second_factor: bool = False
    """Whether one of the roles asks for a second factor; the company itself may ask for it as well."""


SYSTEM = Actor(None, "system", is_system=True)
"""The worker, the command line and migrations of data: allowed everything, named in the audit trail as the system."""


@dataclass(frozen=True)
class Ctx:
    """The circumstances of one request, job or delivery. Immutable; ``at`` gives a copy at another moment."""

    session: Session
    company_id: int
    actor: Actor
    locale: str
    now: dt.datetime
    registry: Registry
    request_id: str | None = None
    source_event_id: int | None = None
    memo: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def company(self) -> Company:
        """The company's row."""
        from core.companies.models import Company

        row = self.memo.get("company")
        if row is None:
            row = self.memo["company"] = self.session.get_one(Company, self.company_id)
        return row

    @property
    def tz(self) -> ZoneInfo:
        """The company's time zone."""
        zone = self.memo.get("tz")
        if zone is None:
            zone = self.memo["tz"] = ZoneInfo(self.company.timezone)
        return zone

    @property
    def today(self) -> dt.date:
        """The date at the company."""
        return self.now.astimezone(self.tz).date()

    @property
    def enabled(self) -> frozenset[str]:
        """The plugins switched on for this company, read once per request or job."""
        names = self.memo.get("enabled")
        if names is None:
            from core.companies.switch import in_order
            from core.standing import standing

            names = self.memo["enabled"] = in_order(self.registry, standing(self, "switched_on"))
        return names

    def can(self, permission: str) -> bool:
        """Whether the actor holds ``permission`` here and its module is switched on."""
        if self.actor.is_system:
            return True
        return permission in self.actor.permissions

    def require(self, permission: str) -> None:
        """Raise Forbidden unless ``can(permission)``."""
        if not self.can(permission):
            label = self.registry.permission_label(permission)
            raise Forbidden(
                "permission_needed",
                _("You need the right “{right}” for this. An administrator can give it.", right=label),
                permission=permission,
            )

    def at(self, now: dt.datetime) -> Ctx:
        """The same circumstances at another moment."""
        return replace(self, now=now)

    def as_actor(self, actor: Actor) -> Ctx:
        """The same circumstances with another actor."""
        return replace(self, actor=actor)
