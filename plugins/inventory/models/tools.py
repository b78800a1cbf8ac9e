"""Tools and equipment: the register, who has what in custody, kits that have to be complete, claims for loss."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.api import (
    N_,
    Base,
    BigId,
    CompanyOwned,
    Id,
    Money,
    UnitScoped,
    Versioned,
    owned_ref,
    owned_relationship,
)
from plugins.inventory.models.quality import one_of

TOOL_STATES = ("store", "offered", "custody", "repair", "lost", "retired")
WITH_PEOPLE = ("offered", "custody")
CUSTODY_STATES = ("offered", "held", "returned", "handed_on", "lost", "declined", "withdrawn")
CONDITIONS = ("good", "worn", "damaged")
CLAIM_STATES = ("reported", "decided", "approved", "paid", "free", "waived")


def _one(state: str) -> sa.Index:
    """At most one custody of a tool is in this state."""
    where: sa.ColumnElement[bool] = sa.literal_column(f"state = '{state}'")
    return sa.Index(
        f"uq_inventory_custody_{state}", "company_id", "tool_id", unique=True, sqlite_where=where,
        postgresql_where=where,
    )  # fmt: skip


class ToolKind(Base, CompanyOwned, Versioned):
    """A kind of tool, by which kits say what they need. An inspection or calibration holds ``inspect_months``."""

    __tablename__ = "inventory_tool_kind"
    __label__ = N_("Kinds of tools")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "code"),
        sa.CheckConstraint("inspect_months is null or inspect_months between 1 and 240", name="inspect_months"),
    )

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(sa.String(40))
    name: Mapped[str] = mapped_column(sa.String(120))
    inspect_months: Mapped[int | None]
    active: Mapped[bool] = mapped_column(default=True)


class Kit(Base, CompanyOwned, UnitScoped, Versioned):
    """Equipment that a service base always has complete. ``incomplete_since`` None: nothing is missing."""

    __tablename__ = "inventory_kit"
    __label__ = N_("Kits")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "code"),
        sa.Index("ix_inventory_kit_incomplete", "company_id", "incomplete_since", "id"),
    )

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(sa.String(40))
    name: Mapped[str] = mapped_column(sa.String(120))
    reserved: Mapped[bool] = mapped_column(default=True)
    note: Mapped[str] = mapped_column(sa.Text, default="")
    active: Mapped[bool] = mapped_column(default=True)
    incomplete_since: Mapped[dt.datetime | None]


class KitLine(Base, CompanyOwned, Versioned):
    """So many of a kind of tool belong to a kit. The counts are of the tools assigned to it, as they stand:
    ``ready`` to be used, in repair, with their inspection expired.
    """

    __tablename__ = "inventory_kit_line"
    __label__ = N_("Contents of kits")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "kit_id", "kind_id"),
        sa.CheckConstraint("quantity > 0", name="quantity"),
        sa.CheckConstraint("ready >= 0 and in_repair >= 0 and expired >= 0", name="counts"),
    )

    id: Mapped[Id]
    kit_id: Mapped[int] = owned_ref("inventory_kit", index=False)
    kind_id: Mapped[int] = owned_ref("inventory_tool_kind")
    quantity: Mapped[int]
    ready: Mapped[int] = mapped_column(default=0)
    in_repair: Mapped[int] = mapped_column(default=0)
    expired: Mapped[int] = mapped_column(default=0)

    kit = owned_relationship("Kit", "inventory_kit_line", "kit_id")
    kind = owned_relationship("ToolKind", "inventory_kit_line", "kind_id")

    @property
    def missing(self) -> int:
        """How many are not ready."""
        return max(self.quantity - self.ready, 0)


class Tool(Base, CompanyOwned, UnitScoped, Versioned):
    """A tool or a piece of equipment. ``assignee_id`` is who has it in custody or is to accept it, and only then.

    ``asset`` follows from the price and the company's threshold: ``asset_threshold`` is the one by which it was decided
    on ``asset_since``.
    """

    __tablename__ = "inventory_tool"
    __label__ = N_("Tools and equipment")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "number"),
        one_of("state", TOOL_STATES),
        sa.CheckConstraint("price is null or price >= 0", name="price"),
        sa.CheckConstraint(
            "(state in ('offered', 'custody') and assignee_id is not null) "
            "or (state not in ('offered', 'custody') and assignee_id is null)",
            name="holder",
        ),
        sa.Index("ix_inventory_tool_state", "company_id", "state", "id"),
        sa.Index("ix_inventory_tool_inspect", "company_id", "inspect_by", "id"),
        sa.Index("ix_inventory_tool_name", "company_id", "name"),
        sa.Index("ix_inventory_tool_price", "company_id", "price", "id"),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(sa.String(40))
    name: Mapped[str] = mapped_column(sa.String(200))
    kind_id: Mapped[int] = owned_ref("inventory_tool_kind")
    serial: Mapped[str] = mapped_column(sa.String(80), default="")
    state: Mapped[str] = mapped_column(sa.String(10), default="store")
    price: Mapped[Decimal | None] = mapped_column(Money)
    bought_on: Mapped[dt.date | None]
    supplier_id: Mapped[int | None] = owned_ref("base_supplier", nullable=True)
    kit_id: Mapped[int | None] = owned_ref("inventory_kit", nullable=True)
    inspect_by: Mapped[dt.date | None]
    """The last day on which the inspection or calibration holds."""
    reserved: Mapped[bool] = mapped_column(default=False)
    asset: Mapped[bool] = mapped_column(default=False)
    asset_since: Mapped[dt.date | None]
    asset_threshold: Mapped[Decimal | None] = mapped_column(Money)
    note: Mapped[str] = mapped_column(sa.Text, default="")

    kind = owned_relationship("ToolKind", "inventory_tool", "kind_id")
    supplier = owned_relationship("Supplier", "inventory_tool", "supplier_id")
    kit = owned_relationship("Kit", "inventory_tool", "kit_id")


class Custody(Base, CompanyOwned, UnitScoped, Versioned):
    """A tool is handed to a person (``assignee_id``) for the work of a unit (``unit_id``); from acceptance on it is in
    that person's custody, until it is given back, handed on or lost. At most one of a tool is offered, one is held.

    What the tool was called then stays here: its page may be out of reach of who had it once.
    """

    __tablename__ = "inventory_custody"
    __label__ = N_("Custody of tools")
    __table_args__ = (
        one_of("state", CUSTODY_STATES),
        one_of("condition", CONDITIONS),
        sa.CheckConstraint("ended_condition in ('', 'good', 'worn', 'damaged')", name="ended_condition"),
        _one("held"),
        _one("offered"),
        sa.Index("ix_inventory_custody_state", "company_id", "state", "id"),
        sa.Index("ix_inventory_custody_holder", "company_id", "assignee_id", "state", "id"),
    )

    id: Mapped[Id]
    tool_id: Mapped[int] = owned_ref("inventory_tool")
    tool_number: Mapped[str] = mapped_column(sa.String(40))
    tool_name: Mapped[str] = mapped_column(sa.String(200))
    state: Mapped[str] = mapped_column(sa.String(10), default="offered")
    purpose: Mapped[str] = mapped_column(sa.String(20))
    condition: Mapped[str] = mapped_column(sa.String(10))
    note: Mapped[str] = mapped_column(sa.Text, default="")
    before_id: Mapped[int | None] = owned_ref("inventory_custody", nullable=True)
    """Whose custody it is handed on from."""
    offered_at: Mapped[dt.datetime]
    offered_by: Mapped[str] = mapped_column(sa.String(120))
    accepted_at: Mapped[dt.datetime | None]
    accepted_by: Mapped[str] = mapped_column(sa.String(120), default="")
    signature_id: Mapped[int | None] = owned_ref("core_file", nullable=True)
    ended_at: Mapped[dt.datetime | None]
    ended_by: Mapped[str] = mapped_column(sa.String(120), default="")
    ended_condition: Mapped[str] = mapped_column(sa.String(10), default="")
    ended_note: Mapped[str] = mapped_column(sa.Text, default="")

    tool = owned_relationship("Tool", "inventory_custody", "tool_id")


class ToolClaim(Base, CompanyOwned, UnitScoped, Versioned):
    """A tool was lost or damaged in somebody's custody: was it by fault, what is to be paid. ``assignee_id`` is that
    person; ``price`` the tool's when it was reported.
    """

    __tablename__ = "inventory_tool_claim"
    __label__ = N_("Claims for tools")
    __table_args__ = (
        sa.UniqueConstraint("company_id", "number"),
        one_of("state", CLAIM_STATES),
        sa.CheckConstraint("happened in ('loss', 'damage')", name="happened"),
        sa.CheckConstraint("fault in ('', 'fault', 'none')", name="fault"),
        sa.CheckConstraint("amount is null or amount >= 0", name="amount"),
        sa.Index("ix_inventory_tool_claim_state", "company_id", "state", "id"),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(sa.String(40))
    state: Mapped[str] = mapped_column(sa.String(10), default="reported")
    tool_id: Mapped[int] = owned_ref("inventory_tool")
    custody_id: Mapped[int] = owned_ref("inventory_custody")
    happened: Mapped[str] = mapped_column(sa.String(10))
    what: Mapped[str] = mapped_column(sa.Text)
    price: Mapped[Decimal | None] = mapped_column(Money)
    fault: Mapped[str] = mapped_column(sa.String(10), default="")
    fault_reason: Mapped[str] = mapped_column(sa.Text, default="")
    amount: Mapped[Decimal | None] = mapped_column(Money)
    reported_at: Mapped[dt.datetime]
    reported_by: Mapped[str] = mapped_column(sa.String(120))
    reported_by_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    ended_at: Mapped[dt.datetime | None]
    ended_by: Mapped[str] = mapped_column(sa.String(120), default="")
    ended_note: Mapped[str] = mapped_column(sa.Text, default="")

    tool = owned_relationship("Tool", "inventory_tool_claim", "tool_id")
    custody = owned_relationship("Custody", "inventory_tool_claim", "custody_id")
