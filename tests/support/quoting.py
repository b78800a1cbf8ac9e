"""A company with price lists, for tests of quotes and consent."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from core.testing import START, Office
from plugins.base import services as base
from plugins.base.contracts import CustomerData, ProductData, UnitData
from plugins.warranty.contracts import PriceItemData, PriceListData, QuoteData, QuoteLineData
from plugins.warranty.services import prices, quotes

FIRST = dt.date(2026, 1, 1)
NORMAL = (
    PriceItemData("labour", "hour", label="Labour", price=Decimal("120")),
    PriceItemData("travel", "km", label="Travel", price=Decimal("2"), minimum=Decimal("50")),
    PriceItemData("part", "piece", code="P-12", group="pumps", label="Pump", price=Decimal("565")),
    PriceItemData("part", "piece", code="P-12", group="pumps", label="Pump", price=Decimal("452"),
                  from_quantity=Decimal(10)),
)  # fmt: skip
LABOUR = QuoteLineData("labour", quantity=Decimal(2))
PUMP = QuoteLineData("part", "P-12", "pumps")


def published(ctx, data: PriceListData, items=NORMAL, first: dt.date = FIRST):
    """A list with one version in force."""
    price_list = prices.make_list(ctx, data)
    draft = prices.draft_version(ctx, price_list.id, first)
    for item in items:
        prices.put_item(ctx, draft.id, item)
    prices.submit_version(ctx, draft.id)
    prices.publish_version(ctx, draft.id)
    return price_list


def furnish_prices(office: Office, now: dt.datetime = START) -> None:
    """Two price lists, normal and preferential (parts at 80 per cent), and a customer with a unit."""
    ctx = office.system(now)
    normal = published(ctx, PriceListData("normal", "Normal prices"))
    items = (
        PriceItemData("labour", "hour", label="Labour", percent=Decimal(100)),
        PriceItemData("part", "piece", label="Parts, preferential", percent=Decimal(80)),
    )
    published(ctx, PriceListData("preferential", "Preferential prices", "preferential", base_id=normal.id), items)
    customer = base.save_customer(ctx, CustomerData("Hua Xin Hotel", "company"))
    product = base.save_product(ctx, ProductData("WP-1", "Water pump", "pumps"))
    base.save_unit_record(ctx, UnitData(product.id, "SN-1", customer_id=customer.id))


def list_id(office: Office, code: str = "normal") -> int:
    """The id of a price list."""
    from plugins.warranty.queries import prices as queries

    found = queries.list_by_code(office.system(), code)
    assert found is not None
    return found.id


def drafted(office: Office, ctx=None, *lines: QuoteLineData, **values):
    """A quote to somebody by name, by the normal list; two hours of labour unless lines are given."""
    given = {"title": "Repair of the pump", "list_id": list_id(office), "person_name": "Chen Hua"} | values
    return quotes.draft(ctx or office.system(), QuoteData(**given, lines=lines or (LABOUR,)))
