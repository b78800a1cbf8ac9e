"""Loading the pool of loaners: pieces that are in stock already, with what they stand in for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from core.api import N_, Ctx, Field, Importer, ImportRow, Invalid, Loaded, _
from plugins.inventory.importing.common import Rows
from plugins.inventory.loaner_contracts import LoanerData
from plugins.inventory.models import Loaner, Part, Serial
from plugins.inventory.queries import loaners as queries
from plugins.inventory.services import loaners
from plugins.inventory.services.loaners import EDIT

FIELDS = (
    Field("serial", N_("Serial number"), required=True, longest=80,
          synonyms=("序列号", "机号", "serial no", "serial number", "sn")),
    Field("part", N_("Part"), required=True, longest=60, synonyms=("备件编码", "物料编码", "part no", "part")),
    Field("products", N_("Stands in for"), required=True, longest=400,
          synonyms=("可替代产品", "适用产品", "products", "stands in for")),
    Field("home", N_("Where it belongs"), longest=40, synonyms=("库位", "存放地点", "location")),
    Field("accessories", N_("What goes with it"), "text", synonyms=("附件", "accessories")),
    Field("note", N_("Note"), "text", synonyms=("备注", "remark", "remarks")),
)  # fmt: skip


def load(ctx: Ctx, rows: list[ImportRow]) -> Loaded:
    """Put the pieces of a batch into the pool that are not in it yet. Products are named by code, separated by commas
    or semicolons.
    """
    parts = {row.code: row.id for row in ctx.session.execute(
        sa.select(Part.code, Part.id).where(Part.code.in_({row.values["part"] for row in rows})))}  # fmt: skip
    numbers = {row.values["serial"] for row in rows}
    query = sa.select(Serial.id, Serial.part_id, Serial.number).where(Serial.number.in_(numbers))
    serials = {(row.part_id, row.number): row.id for row in ctx.session.execute(query)}
    there = sa.select(Loaner.serial_id).where(Loaner.active.is_(True), Loaner.serial_id.in_(serials.values()))
    pooled = set(ctx.session.scalars(there))
    fresh = [
        row for row in rows
        if serials.get((parts.get(row.values["part"], 0), row.values["serial"])) not in pooled
    ]  # fmt: skip
    codes = {code for row in fresh for code in _codes(row.values["products"])}
    products = queries.products_coded(ctx, codes)
    stores = {place.code: place.id for place in queries.stores(ctx)}

    def put(v: Mapping[str, Any]) -> None:
        if v["part"] not in parts:
            raise Invalid("unknown_part", _("There is no part {code}.", code=v["part"]), "part")
        serial_id = serials.get((parts[v["part"]], v["serial"]))
        if serial_id is None:
            words = _("There is no serial number {number} of this part.", number=v["serial"])
            raise Invalid("unknown_serial", words, "serial")
        wanted = _codes(v["products"])
        unknown = next((code for code in wanted if code not in products), None)
        if unknown is not None:
            raise Invalid("unknown_product", _("There is no product {code}.", code=unknown), "products")
        home = v.get("home")
        if home and home not in stores:
            raise Invalid("no_store", _("There is no location for loaners called {code}.", code=home), "home")
        data = LoanerData(
            tuple(products[code] for code in wanted), stores[home] if home else None, v.get("accessories") or "",
            v.get("note") or "",
        )  # fmt: skip
        loaners.add(ctx, serial_id, data)

    batch = Rows(ctx)
    batch.each(fresh, put)
    return batch.loaded(rows, fresh)


def _codes(text: str) -> list[str]:
    for mark in ("，", "；", ";", "、"):
        text = text.replace(mark, ",")
    return [code.strip() for code in text.split(",") if code.strip()]


IMPORTER = Importer("loaners", N_("Loaners"), FIELDS, load, EDIT, key="serial", endpoint="inventory.loaners_list")
