"""Taking cases in, as the after-sales policies want it: which channels there are, and what is written down."""

import datetime as dt

import pytest

from core.errors import Invalid
from core.events import timeline
from core.settings import set_setting
from plugins.base import queries, services
from plugins.base.contracts import ContactData, CustomerData, IntakeData, PhoneData, ProductData, SaleData, UnitData

GS_6 = "name, address, phone, model, purchase_date, cause, appearance"
AGENT = (
    "base.contact.record",
    "base.contact.view",
    "base.customer.edit",
    "base.customer.view",
    "base.unit.edit",
    "base.unit.view",
)


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation.office("hefeng")


def furnish(installation):
    installation.company("hefeng", profile="machinery")


@pytest.fixture
def agent(office):
    """Somebody at the telephone."""
    return office.ctx(*AGENT, name="何敏", user_id=office.person("he@hefeng.example", "agent"))


def demand(office, agent, fields: str) -> None:
    """The company decides what must be filled in; the agent sees it at the next call."""
    set_setting(office.system(), "base.intake.required", fields)
    agent.session.rollback()


def said(**more) -> ContactData:
    return ContactData(
        **{
            "phone": "138 0013 8000",
            "caller_name": "马东升",
            "address": "铜山区汉王镇紫山村",
            "model": "FH1604",
            "purchase_date": dt.date(2026, 2, 12),
            "text": "挂挡后变速箱有连续异响",
            "cause": "defect",
            "appearance": "左侧有油迹",
            **more,
        }
    )


NEW = CustomerData("马东升", address="铜山区汉王镇紫山村")


@pytest.mark.clause("GS-4")
@pytest.mark.parametrize("channel", ["phone", "email", "portal", "visit", "letter", "video", "api"])
def test_whatever_way_a_customer_comes_the_contact_is_written_down_with_it(agent, channel):
    contact = services.record_contact(agent, said(channel=channel))
    assert (contact.number, contact.channel, contact.state, contact.received_at) == (
        "LF2603-0001",
        channel,
        "open",
        agent.now,
    )
    assert timeline(agent, contact)[0].facts["channel"] == channel


@pytest.mark.clause("GS-6")
def test_name_address_phone_model_purchase_date_cause_and_appearance_are_recorded(office, agent):
    demand(office, agent, GS_6)
    contact = services.take_in(agent, IntakeData(said(), NEW))
    assert (
        contact.caller_name,
        contact.address,
        contact.phone,
        contact.model,
        contact.purchase_date,
        contact.cause,
        contact.appearance,
    ) == ("马东升", "铜山区汉王镇紫山村", "+8613800138000", "FH1604", dt.date(2026, 2, 12), "defect", "左侧有油迹")
    assert queries.get_customer(agent, contact.customer_id).name == "马东升"


@pytest.mark.clause("GS-6")
@pytest.mark.parametrize(
    ("lacking", "field"),
    [
        ({"caller_name": ""}, "name"),
        ({"address": ""}, "address"),
        ({"phone": ""}, "phone"),
        ({"model": ""}, "model"),
        ({"purchase_date": None}, "purchase_date"),
        ({"cause": ""}, "cause"),
        ({"appearance": " "}, "appearance"),
    ],
)
def test_what_the_policy_demands_must_be_there(office, agent, lacking, field):
    demand(office, agent, GS_6)
    with pytest.raises(Invalid) as refused:
        services.take_in(agent, IntakeData(said(**lacking)))
    assert refused.value.details["missing"] == [field]
    assert queries.recent_contacts(agent) == []


@pytest.mark.clause("GS-6")
def test_a_known_number_brings_up_customer_and_units_and_their_data_need_not_be_told_again(office, agent):
    system = office.system()
    customer = services.save_customer(system, NEW)
    services.add_phone(system, customer.id, PhoneData("138 0013 8000"))
    product = services.save_product(system, ProductData("FH1604", "轮式拖拉机", model="FH1604"))
    bought = dt.date(2026, 2, 12)
    unit = services.save_unit_record(
        system, UnitData(product.id, "FH1604-26-03127", customer_id=customer.id, sale_date=bought)
    )
    demand(office, agent, GS_6)
    found = queries.find_by_phone(agent, "13800138000")
    assert [(c.name, c.address) for c in found.customers] == [("马东升", "铜山区汉王镇紫山村")]
    assert [(u.serial, u.sale_date) for u in queries.units_of(agent, customer.id)] == [("FH1604-26-03127", bought)]
    short = said(customer_id=customer.id, device_id=unit.id, address="", model="", purchase_date=None, caller_name="")
    contact = services.take_in(agent, IntakeData(short))
    assert (contact.customer_id, contact.device_id) == (customer.id, unit.id)
    assert timeline(agent, unit)[0].name == "base.contact_recorded"


@pytest.mark.clause("DST-0")
@pytest.mark.clause("DST-4.5")
def test_sold_goods_are_traceable_from_the_batch_to_every_customer_and_back(office):
    ctx = office.system()
    product = services.save_product(ctx, ProductData("DG-14", "一次性使用无菌导管", "耗材", "F14", "康洁医用"))
    hospitals = [services.save_customer(ctx, CustomerData(name, "company")) for name in ("新登中医院", "临浦人民医院")]
    sold = [
        services.record_sale(
            ctx,
            SaleData(
                product.id,
                hospital.id,
                dt.date(2026, 2, 20),
                200,
                None,
                "260201",
                dt.date(2028, 2, 1),
                hospital.name,
                note="冷藏",
            ),
        )
        for hospital in hospitals
    ]
    record = queries.get_sale(ctx, sold[0].id)
    made = queries.get_product(ctx, record.product_id)
    assert (
        made.name,
        made.maker,
        made.model,
        record.quantity,
        record.batch,
        record.expiry,
        record.sale_date,
        record.destination,
        record.note,
    ) == (
        "一次性使用无菌导管",
        "康洁医用",
        "F14",
        200,
        "260201",
        dt.date(2028, 2, 1),
        dt.date(2026, 2, 20),
        "新登中医院",
        "冷藏",
    )
    assert [s.customer.name for s in queries.same_batch(ctx, record)] == ["临浦人民医院"]
    assert [s.batch for s in queries.sales_of(ctx, hospitals[1].id)] == ["260201"]
