"""What "My work" names as the next step of orders: what their own pages name, asked for all of them at once."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.auth.models import User
from core.testing import counted
from core.web.database import db
from plugins.service import services
from plugins.service.contracts import OrderData, ResultData
from plugins.service.models import Order
from plugins.service.money_contracts import ChargeData
from plugins.service.services import money
from tests.support.accounts import Site, words_of

NOW = dt.datetime.now(dt.UTC).replace(microsecond=0) - dt.timedelta(hours=1)
C = "/c/acme"
STEPS = {
    "Lift weak": "Arrive",
    "Gearbox noisy": "Go on with the visit",
    "Pump leaks": "Collect",
    "Mower does not start": "Take the item in",
}
"""What is wrong → the step that its module proposes; by their states alone: Begin, Report it done, Close, Accept."""


@pytest.fixture
def site(databases, database_kind, application):
    with databases.furnished(database_kind, furnish) as installation, application.on(installation.url) as app:
        yield Site(app, installation, {"acme": installation.office("acme")})


def furnish(installation):
    made = Site(None, installation)
    made.office("acme", modules=["service"], locale="en", now=NOW)
    made.person("boss@acme.example", "manager", name="Sun Wei")


def take_in(site, times: int) -> None:
    """So many orders of each sort, all of them for the boss."""
    office = site.office()
    ctx = office.system(NOW)
    boss = ctx.session.scalar(sa.select(User.id).where(User.email == "boss@acme.example"))
    there = office.ctx("service.order.view", "service.order.work", now=NOW, user_id=boss, name="Sun Wei")
    for _time in range(times):
        for subject in STEPS:
            kind = "workshop" if subject == "Mower does not start" else "on_site"
            order_id = services.open_order(ctx, OrderData(kind, subject, work_kind="free", work_kind_reason="New")).id
            if kind == "workshop":
                continue
            services.dispatch(ctx, order_id, boss)
            if subject == "Gearbox noisy":
                services.arrive(there, order_id, f"there {order_id}")
            if subject == "Pump leaks":
                services.start(ctx, order_id)
                charge = ChargeData("travel", "Way", unit_price=Decimal(120), reason="Agreed by phone")
                money.add_charge(ctx, order_id, charge)
                services.finish(ctx, order_id, ResultData("solved", "Seal renewed", "wear"))
    for used in (ctx, there):
        used.session.close()


def named(site, page: str) -> dict[str, str]:
    """What is wrong → the next step in the list of "My work"."""
    rows = re.findall(r"<tr\b.*?</tr>", page.partition("<main")[2], re.S)
    found = {}
    for subject in STEPS:
        row = next(r for r in rows if subject in r)
        found[subject] = words_of(re.findall(r'<a class="btn[^>]*>.*?</a>', row, re.S)[-1])
    return found


def test_my_work_names_what_each_orders_own_page_names(site):
    take_in(site, 1)
    boss = site.signed_in("boss@acme.example")
    assert named(site, boss.get(f"{C}/").text) == STEPS
    with site.office().system().session as session:
        for order in session.scalars(sa.select(Order)):
            if order.subject in ("Lift weak", "Gearbox noisy"):
                head = words_of(boss.get(f"{C}/service/{order.id}").text.partition('class="steps"')[0])
                assert STEPS[order.subject] in head


def test_my_work_takes_the_same_number_of_statements_for_four_orders_and_forty(site):
    def taken() -> int:
        boss.get(f"{C}/")
        with counted(site.installation.engine) as made, counted(engine) as more:
            assert boss.get(f"{C}/").status_code == 200
        return len(made) + len(more)

    with site.app.app_context():
        engine = db.engine
    take_in(site, 1)
    boss = site.signed_in("boss@acme.example")
    few = taken()
    take_in(site, 9)
    assert taken() == few
