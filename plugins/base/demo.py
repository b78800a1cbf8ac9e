"""Believable records for the demonstration: the same ones for the same seed, spread over the last two years."""

from __future__ import annotations

import datetime as dt
import heapq
import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core.api import Actor, Ctx, Membership, OrgUnit, demo_count, emit, read_data_file, set_setting, transaction
from plugins.base import services
from plugins.base.contracts import (
    ContactData,
    CustomerData,
    PersonData,
    PhoneData,
    ProductData,
    SaleData,
    SiteData,
    SupplierData,
    UnitData,
)
from plugins.base.models import Customer, Product, Unit
from plugins.base.services.suppliers import save_supplier

FOLDER = Path(__file__).parent / "data" / "demo"
CUSTOMERS = 150
DAYS = 720


@dataclass
class World:
    """What a fill draws from: the profile's words, the company's people and units, and what was made so far."""

    ctx: Ctx
    rng: random.Random
    words: dict[str, Any]
    units: dict[str, int]
    agents: list[Actor]
    products: list[tuple[Product, dict]] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    serials: int = 0
    planned: list[tuple[dt.datetime, int, Callable[[Ctx], object]]] = field(default_factory=list)
    order: Iterator[int] = field(default_factory=itertools.count)

    def moment(self, days_ago: float) -> dt.datetime:
        """A moment so many days ago, in the hours in which people work, but not before what it follows from."""
        local = (self.ctx.now - dt.timedelta(days=days_ago)).astimezone(self.ctx.tz)
        worked = local.replace(hour=8 + self.rng.randrange(9), minute=self.rng.randrange(60), second=0, microsecond=0)
        return min(worked.astimezone(dt.UTC), self.ctx.now - dt.timedelta(minutes=5))

    def plan(self, moment: dt.datetime, what: Callable[[Ctx], object]) -> None:
        """Do ``what`` at that moment; everything is done in the order in which it happened."""
        heapq.heappush(self.planned, (moment, next(self.order), what))

    def live(self) -> None:
        """Do what is planned, earliest first, each thing as one of the agents."""
        while self.planned:
            moment, _order, what = heapq.heappop(self.planned)
            what(self.ctx.at(moment).as_actor(self.rng.choice(self.agents)))

    @property
    def chinese(self) -> bool:
        return self.ctx.company.locale == "zh"


def fill(ctx: Ctx, seed: int, customers: int | None = None) -> None:
    """Fill an empty company with customers, products, units, sales and calls that fit its profile."""
    customers = demo_count(CUSTOMERS, 12) if customers is None else customers
    words = read_data_file(FOLDER / f"{_profile(ctx)}.yaml")
    units = {row.code: row.id for row in ctx.session.execute(sa.select(OrgUnit.code, OrgUnit.id))}
    world = World(ctx, random.Random(seed), words, units, _agents(ctx))
    with transaction(ctx):
        _settings(world)
        _products(world)
        _suppliers(world)
        for _number in range(customers):
            since = world.rng.uniform(40, DAYS)
            world.plan(world.moment(since), partial(_customer, world, since))
        world.live()
        emit(ctx, "base.demo_filled", customers=customers)


def _profile(ctx: Ctx) -> str:
    known = {path.stem for path in FOLDER.glob("*.yaml")}
    if ctx.company.profile in known:
        return ctx.company.profile
    return "machinery" if ctx.company.locale == "zh" else "appliance"


def _agents(ctx: Ctx) -> list[Actor]:
    rows = ctx.session.scalars(sa.select(Membership).where(Membership.active.is_(True)))
    people = [(row.user_id, row.user.name) for row in rows if row.user and "agent" in row.role_codes]
    return [Actor(user_id, name, is_system=True) for user_id, name in people] or [ctx.actor]


def _settings(world: World) -> None:
    values = {
        "base.customer.classes": "\n".join(world.words["classes"]),
        "base.intake.required": world.words["required"],
        "base.intake.script": "\n".join(world.words["script"]),
    }
    if not world.chinese:
        values |= {"base.customer.pattern": "C{n:05d}", "base.contact.pattern": "E{yy}{mm}-{n:04d}"}
    for key, value in values.items():
        set_setting(world.ctx, key, value)


def _products(world: World) -> None:
    past = world.ctx.at(world.ctx.now - dt.timedelta(days=DAYS + 30))
    for given in world.words["products"]:
        until = world.ctx.today + dt.timedelta(days=120) if given.get("new") else None
        data = ProductData(given["code"], given["name"], given["group"], given["model"], given["maker"], until)
        world.products.append((services.save_product(past, data), given))


def _suppliers(world: World) -> None:
    past = world.ctx.at(world.ctx.now - dt.timedelta(days=DAYS + 30))
    for given in world.words["suppliers"]:
        save_supplier(past, SupplierData(**given))


# --- customers ------------------------------------------------------------------------------------------------------


def _customer(world: World, since: float, ctx: Ctx) -> None:
    rng = world.rng
    place = rng.choice(world.words["places"])
    is_company = rng.random() < world.words["share_of_companies"]
    village, person = rng.choice(place["villages"]), _person(world)
    name, klass = person, rng.choice(world.words["person_classes"])
    if is_company:
        pattern, klass = rng.choice(list(world.words["company_names"].items()))
        name = pattern.format(place=_short(village))
    data = CustomerData(
        name,
        "company" if is_company else "person",
        klass,
        rng.choice(["A", "B", "B", "C"]),
        _address(world, place, village),
        unit_id=world.units.get(place["unit"]),
    )
    customer = services.save_customer(ctx, data)
    services.add_phone(ctx, customer.id, PhoneData(_mobile(world)))
    if is_company:
        services.save_person(ctx, customer.id, PersonData(person, phone=_mobile(world, keep=False)))
    elif rng.random() < 0.1:
        services.add_phone(ctx, customer.id, PhoneData(_landline(world)))
    if rng.random() < 0.25:
        zone = "city" if rng.random() < 0.4 else "suburb"
        services.save_site(
            ctx, customer.id, SiteData("", place["province"], place["city"], place["district"], village, zone=zone)
        )
    owned: list[Unit] = []
    for _ in range(rng.choice([0, 1, 1, 1, 2, 3])):
        moment = max(world.moment(rng.uniform(5, since)), ctx.now)
        world.plan(moment, lambda then: _sold(world, then, customer, owned))
    for _ in range(rng.choice([0, 0, 1, 1, 2])):
        ago = rng.uniform(0, min(since, 400)) if rng.random() < 0.7 else rng.uniform(0, 12)
        world.plan(max(world.moment(ago), ctx.now), lambda then: _call(world, then, customer, owned, person))


def _person(world: World) -> str:
    surname, given = world.rng.choice(world.words["surnames"]), world.rng.choice(world.words["given"])
    return f"{surname}{given}" if world.chinese else f"{given} {surname}"


def _short(village: str) -> str:
    """The part of an address that a company there is named after."""
    for mark in ("镇", "街道"):
        head, found, tail = village.partition(mark)
        if found:
            return tail.removesuffix("村") or head
    return village.removesuffix(" Road").removesuffix(" Street").removesuffix(" Lane").removesuffix(" Avenue")


def _address(world: World, place: dict, village: str) -> str:
    house = world.rng.randrange(1, 180)
    if world.chinese:
        return f"{place['province']}{place['city']}{place['district']}{village}{house}号"
    return f"{house} {village}, {place['district']}, {place['city']}"


def _mobile(world: World, keep: bool = True) -> str:
    """A mobile number; now and then one that somebody has already, as in families."""
    rng = world.rng
    if keep and world.numbers and rng.random() < 0.04:
        return rng.choice(world.numbers)
    if world.chinese:
        digits = f"{rng.choice(['138', '139', '150', '151', '158', '182', '187', '199'])}{rng.randrange(10**8):08d}"
        number = f"{digits[:3]} {digits[3:7]} {digits[7:]}"
    else:
        number = f"07700 {900000 + rng.randrange(1000)}"
    if keep:
        world.numbers.append(number)
    return number


def _landline(world: World) -> str:
    if world.chinese:
        return f"0516-8{world.rng.randrange(10**7):07d}"
    return f"0113 496 {world.rng.randrange(1000):04d}"


# --- what they bought and why they call -----------------------------------------------------------------------------


def _sold(world: World, ctx: Ctx, customer: Customer, owned: list[Unit]) -> None:
    """A sale, and a unit of the installed base where the product has serial numbers."""
    rng = world.rng
    weights = [given["weight"] for _product, given in world.products]
    product, given = rng.choices(world.products, weights)[0]
    day = ctx.now.astimezone(ctx.tz).date()
    batch = f"{day:%y%m}{rng.randrange(1, 4):02d}"
    if not given["serial"]:
        quantity, expiry = Decimal(rng.choice([50, 100, 200, 500])), day + dt.timedelta(days=rng.choice([365, 730]))
        services.record_sale(
            ctx, SaleData(product.id, customer.id, day, quantity, None, batch, expiry, customer.address[:200])
        )
        return
    world.serials += 1
    unit = UnitData(
        product.id,
        f"{given['code']}-{day:%y}-{world.serials:05d}",
        batch,
        customer.id,
        production_date=day - dt.timedelta(days=rng.randrange(20, 120)),
        sale_date=day,
        delivery_date=day,
        installed_on=day + dt.timedelta(days=rng.randrange(0, 4)),
        status="in_use" if rng.random() < 0.95 else "idle",
    )
    made = services.save_unit_record(ctx, unit)
    sale = SaleData(product.id, customer.id, day, Decimal(1), made.id, batch, destination=customer.address[:200])
    services.record_sale(ctx, sale)
    owned.append(made)


def _call(world: World, ctx: Ctx, customer: Customer, owned: list[Unit], person: str) -> None:
    """Somebody calls; most of what is only a question or a small fault is settled within the hour."""
    rng = world.rng
    case = rng.choice(world.words["cases"])
    codes = {product.id: product.code for product, _given in world.products}
    fitting = [unit for unit in owned if codes[unit.product_id] in case.get("of", codes.values())]
    unit = rng.choice(fitting) if fitting and case["matter"] in ("fault", "complaint") else None
    contact = services.record_contact(
        ctx,
        ContactData(
            channel=rng.choices(["phone", "visit", "email", "portal", "letter"], [70, 10, 8, 10, 2])[0],
            phone=rng.choice(world.numbers) if rng.random() < 0.05 else _first_number(ctx, customer),
            customer_id=customer.id,
            device_id=unit.id if unit else None,
            caller_name=person,
            address=customer.address,
            model=_model(world, unit),
            purchase_date=unit.sale_date if unit else None,
            matter=case["matter"],
            text=case["text"],
            cause=case.get("cause", ""),
            appearance=case.get("appearance", ""),
        ),
    )
    recent = ctx.now > world.ctx.now - dt.timedelta(days=4)
    if not recent or (case["matter"] != "complaint" and rng.random() < 0.6):
        later = min(ctx.now + dt.timedelta(minutes=rng.randrange(2, 50)), world.ctx.now)
        world.plan(later, lambda then: services.settle_contact(then, contact.id))


def _first_number(ctx: Ctx, customer: Customer) -> str:
    from plugins.base.queries import phones_of

    return phones_of(ctx, customer.id)[0].raw


def _model(world: World, unit: Unit | None) -> str:
    return next((p.model for p, _given in world.products if unit is not None and p.id == unit.product_id), "")
