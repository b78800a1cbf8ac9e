"""Terms for the demonstration beside those that the module and the profile brought: a change that is being drafted."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path

import sqlalchemy as sa

from core.api import Ctx, read_data_file, use_locale
from plugins.base import queries as base_queries
from plugins.warranty.contracts import TermData
from plugins.warranty.models import Term
from plugins.warranty.services import terms as services

AGREED = 24
FOLDER = Path(__file__).parents[1] / "data" / "demo"


def words_of(ctx: Ctx) -> dict:
    """The words of the demonstration in a company's trade, or at least its language."""
    stem = ctx.company.profile if (FOLDER / f"{ctx.company.profile}.yaml").exists() else ""
    stem = stem or ("machinery" if ctx.company.locale == "zh" else "appliance")
    return read_data_file(FOLDER / f"{stem}.yaml")


def fill(ctx: Ctx, _rng: random.Random) -> None:
    """A longer period for one product in force, a change of it drafted, and a draft that was dropped."""
    with use_locale(ctx.company.locale):
        words = words_of(ctx)
        _agreed(ctx, words["agreed"])
        for given in words["terms"]:
            product = base_queries.product_by_code(ctx, given["product"])
            if product is None:
                continue
            data = TermData(
                given["code"], given["name"], given["cover"], product.id, part_group=given.get("part_group", ""),
                amount=given["amount"], starts=(("acceptance", 0), ("delivery", 0), ("sale", 0), ("production", 90)),
                extends="both", valid_from=ctx.today - dt.timedelta(days=900), note=given.get("note", ""),
            )  # fmt: skip
            if ctx.session.scalar(sa.select(Term.id).where(Term.code == data.code)) is not None:
                continue
            earlier = ctx.at(ctx.now - dt.timedelta(days=150))
            term = services.put_in_force(earlier, services.draft_term(earlier, data).id)
            _change(ctx, term, data, given)


def _agreed(ctx: Ctx, given: dict) -> None:
    """Longer labour for institutions and firms that agreed so."""
    earlier = ctx.at(ctx.now - dt.timedelta(days=150))
    found = (contact.customer_id for contact in base_queries.recent_contacts(ctx, 400) if contact.customer_id)
    customers = (base_queries.get_customer(ctx, customer_id) for customer_id in sorted(set(found)))
    for customer in [c for c in customers if c.kind == "company"][:AGREED]:
        code = f"labour-{customer.number}"
        if ctx.session.scalar(sa.select(Term.id).where(Term.code == code)) is None:
            data = TermData(
                code, given["name"], "labour", customer_id=customer.id, amount=given["amount"], extends="both",
                starts=(("acceptance", 0), ("delivery", 0), ("sale", 0)), valid_from=ctx.today - dt.timedelta(days=900),
            )  # fmt: skip
            services.put_in_force(earlier, services.draft_term(earlier, data).id)


def _change(ctx: Ctx, term: Term, data: TermData, given: dict) -> None:
    """The draft that waits to be tried and put in force, and one that was given up."""
    week_ago = ctx.at(ctx.now - dt.timedelta(days=7))
    changed = TermData(**{**vars(data), "amount": given["changed"], "valid_from": ctx.today + dt.timedelta(days=14)})
    dropped = services.draft_term(week_ago, TermData(**{**vars(changed), "amount": given["amount"] * 3}),
                                  replaces_id=term.id)  # fmt: skip
    services.discard_term(week_ago, dropped.id, given["dropped"])
    services.draft_term(ctx, changed, replaces_id=term.id)
