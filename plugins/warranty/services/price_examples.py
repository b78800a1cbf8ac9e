"""Price lists that come with the module as data, by trade: taken as drafts, into which a company puts its figures."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from core.api import Ctx, _, read_data_file, transaction
from plugins.warranty.contracts import PriceItemData, PriceListData
from plugins.warranty.models import PriceList, PriceVersion
from plugins.warranty.queries import prices as queries
from plugins.warranty.quote_life import EDIT_PRICES
from plugins.warranty.services import prices

FOLDER = Path(__file__).parents[1] / "data" / "price_lists"
GENERAL = "general"


def offered(ctx: Ctx) -> list[dict[str, Any]]:
    """The lists that fit the company's trade and that it does not have yet, as the file says them."""
    name = ctx.company.profile if (FOLDER / f"{ctx.company.profile}.yaml").is_file() else GENERAL
    return [given for given in _read(name) if queries.list_by_code(ctx, given["code"]) is None]


@cache
def _read(name: str) -> list[dict[str, Any]]:
    return read_data_file(FOLDER / f"{name}.yaml")["lists"]


def take(ctx: Ctx) -> list[PriceVersion]:
    """Make the lists that are offered, each with a draft of its first version from today on; answers the drafts.

    Nothing counts before the company publishes it.
    """
    ctx.require(EDIT_PRICES)
    with transaction(ctx):
        return [_make(ctx, given) for given in offered(ctx)]


def _make(ctx: Ctx, given: Mapping[str, Any]) -> PriceVersion:
    language = "zh" if ctx.company.locale.startswith("zh") else "en"
    base: PriceList | None = queries.list_by_code(ctx, given["base"]) if given.get("base") else None
    data = PriceListData(
        code=given["code"],
        name=given["name"][language],
        kind=given["kind"],
        tax_included=bool(given.get("tax_included", True)),
        base_id=base.id if base is not None else None,
    )
    made = prices.make_list(ctx, data)
    draft = prices.draft_version(ctx, made.id, ctx.today, reason=_("First prices, from the examples of the trade"))
    for item in given["items"]:
        prices.put_item(ctx, draft.id, _item(item, language))
    return draft


def _item(given: Mapping[str, Any], language: str) -> PriceItemData:
    def figure(name: str) -> Decimal | None:
        return Decimal(str(given[name])) if name in given else None

    return PriceItemData(
        kind=given["kind"],
        unit=given["unit"],
        code=given.get("code", ""),
        group=given.get("group", ""),
        label=given["label"][language],
        price=figure("price"),
        percent=figure("percent"),
        from_quantity=figure("from_quantity") or Decimal(0),
        minimum=figure("minimum"),
    )
