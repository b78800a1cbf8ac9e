"""The pages of the archive without a browser: intake step by step, records, lists, who may open what."""

import datetime as dt
import html
import re
from dataclasses import dataclass, field

import pytest
import sqlalchemy as sa

from core.db import transaction
from core.search.index import SearchMark
from core.settings import set_setting
from core.testing import Installation, counted
from core.web.database import db
from plugins.base import queries, services
from plugins.base.contracts import ContactData, CustomerData, PhoneData, ProductData, SaleData, SiteData, UnitData
from plugins.base.models import Contact, ContactPerson, Customer, CustomerPhone, Site, Unit
from tests.support import accounts
from tests.support.accounts import words_of

pytestmark = pytest.mark.one_database

C = "/c/acme"
NOW = dt.datetime.now(dt.UTC)


class Here:
    """A person's browser in one company; ``/c/acme`` stands for that company's address, whatever its code."""

    def __init__(self, browser, code: str):
        self.browser, self.home = browser, f"/c/{code}"

    def _at(self, path: str | None) -> str | None:
        return re.sub(rf"^{C}(?=/|$)", self.home, path) if path else None

    def get(self, path: str, **more):
        return self.browser.get(self._at(path), **more)

    def post(self, path: str, data: dict | None = None, page: str | None = None):
        return self.browser.post(self._at(path), data, page=self._at(page))


@dataclass
class World:
    """One application for the tests of this module; each test gets companies of its own in it."""

    site: accounts.Site
    browsers: dict = field(default_factory=dict)
    made: int = 0

    def company(self):
        self.made += 1
        return self.site.office(f"acme{self.made}", now=NOW, locale="en")

    def person(self, code: str, name: str, *roles: str) -> Here:
        """Somebody in these roles there; signed in once for all tests."""
        email = f"{name}@acme.example"
        if name not in self.browsers:
            user_id = self.site.account(email, name.title())
            self.browsers[name] = (user_id, self.site.signed_in(email))
        user_id, browser = self.browsers[name]
        self.site.join(user_id, *roles, company=code)
        return Here(browser, code)


@pytest.fixture(scope="module")
def world(make_database, application, registry):
    url = make_database()
    installation = Installation(url, registry)
    with application.on(url) as app:
        yield World(accounts.Site(app, installation))
    installation.close()


@pytest.fixture
def office(world):
    yield world.company()
    world.site.installation.close()  # its sessions; the next test opens new ones


@pytest.fixture
def ctx(office):
    return office.system(NOW)


@pytest.fixture
def agent(world, office):
    return world.person(office.code, "amy", "agent", "manager")


@pytest.fixture
def known(ctx):
    """A customer with two units; answers (customer, tractor, harvester)."""
    row = services.save_customer(ctx, CustomerData("Ma Dongsheng", klass="Grower", address="Zishan village"))
    services.add_phone(ctx, row.id, PhoneData("138 0013 8000"))
    products = [
        services.save_product(ctx, ProductData(code, name, model=code))
        for code, name in (("FH1604", "Tractor"), ("4YZ-4B", "Harvester"))
    ]
    units = [
        services.save_unit_record(
            ctx, UnitData(p.id, f"S-{p.code}", customer_id=row.id, sale_date=dt.date(2026, 4, 12))
        )
        for p in products
    ]
    return row, *units


def token_of(page: str) -> str:
    return re.search(r'id="token" name="token"[^>]*value="([^"]+)"', page)[1]


def value_of(page: str, name: str) -> str:
    page = page[page.index('id="main"') :]
    found = re.search(rf'<input[^>]*name="{name}"[^>]*?value="([^"]*)"', page)
    return html.unescape(found[1]) if found else ""


def fields(**more) -> dict:
    """What the intake form sends, as far as nothing else is said."""
    return {"kind": "person", "channel": "phone", "matter": "fault", "keep_number": "y", "step": "record", **more}


def contacts(ctx) -> list[Contact]:
    ctx.session.rollback()
    return list(ctx.session.scalars(sa.select(Contact).order_by(Contact.id)))


def fresh(ctx):
    """The same circumstances, seeing what others wrote meanwhile."""
    ctx.session.rollback()
    return ctx


def count(ctx, model) -> int:
    ctx.session.rollback()
    return ctx.session.scalar(sa.select(sa.func.count(model.id)))


# --- looking up -----------------------------------------------------------------------------------------------------


def test_a_known_number_brings_up_customer_units_and_history(agent, ctx, known):
    contact = services.record_contact(
        ctx, ContactData(customer_id=known[0].id, device_id=known[1].id, text="Clutch slips")
    )
    said = words_of(agent.get(f"{C}/intake?phone=138+0013+8000").text)
    for words in (
        "Found, 2 units",
        "Ma Dongsheng",
        "Grower",
        "Zishan village",
        "Tractor FH1604",
        "S-FH1604",
        "Harvester 4YZ-4B",
        "Bought 2026-04-12",
        "Clutch slips",
        f"Taken in as {contact.number}: Clutch slips",
    ):
        assert words in said


def test_an_unknown_number_is_a_new_customer_with_the_number_filled_in(agent):
    page = agent.get(f"{C}/intake?phone=13700001111").text
    assert "Not in the archive yet" in words_of(page)
    assert (value_of(page, "phone"), value_of(page, "customer")) == ("13700001111", "new")


def test_two_customers_with_one_number_are_both_offered_and_none_is_chosen(agent, ctx, known):
    other = services.save_customer(ctx, CustomerData("Li Xiuying"))
    services.add_phone(ctx, other.id, PhoneData("13800138000"))
    page = agent.get(f"{C}/intake?phone=13800138000").text
    assert "2 customers may be the one: choose" in words_of(page)
    offered = re.findall(r'type="radio" name="customer" value="(\w+)"( checked)?', page)
    assert offered == [(str(other.id), ""), (str(known[0].id), ""), ("new", "")]


def test_last_digits_offer_the_customer_but_choose_nobody(agent, known):
    page = agent.get(f"{C}/intake?phone=8000").text
    assert "1 customer may be the one: choose" in words_of(page)
    assert f'name="customer" value="{known[0].id}"' in page


def test_a_wrong_number_says_why_and_keeps_what_was_typed(agent):
    answer = agent.post(f"{C}/intake", fields(phone="1380013800", text="It rattles", step="lookup"))
    assert answer.status_code == 200
    assert "A mobile number has 11 digits; this one has 10." in words_of(answer.text)
    assert "It rattles" in answer.text
    assert value_of(answer.text, "phone") == "1380013800"


def test_somebody_else_keeps_number_and_words_and_warns_of_the_likeness(agent, known):
    page = agent.post(
        f"{C}/intake",
        fields(
            phone="13800138000", looked_up="13800138000", customer=str(known[0].id), text="It rattles", step="other"
        ),
    ).text
    assert value_of(page, "customer") == "new"
    assert "It rattles" in page
    assert "Perhaps in the archive already: Ma Dongsheng" in words_of(page)
    again = agent.post(
        f"{C}/intake",
        fields(
            phone="13800138000", looked_up="13800138000", customer="new", text="It rattles", step=f"this:{known[0].id}"
        ),
    ).text
    assert value_of(again, "customer") == str(known[0].id)


def test_the_last_digits_of_the_one_chosen_are_recorded_as_the_whole_number(agent, ctx, known):
    sent = fields(token="t1", phone="8000", looked_up="8000", customer=str(known[0].id), text="x")
    assert agent.post(f"{C}/intake", sent).status_code == 302
    assert contacts(ctx)[0].phone == "+8613800138000"
    assert count(ctx, CustomerPhone) == 1


def test_another_number_forgets_who_was_chosen_for_the_last_one(agent, ctx, known):
    page = agent.post(
        f"{C}/intake",
        fields(
            phone="13700001111",
            looked_up="13800138000",
            customer=str(known[0].id),
            device=str(known[1].id),
            address="Zishan village",
            step="lookup",
        ),
    ).text
    assert (value_of(page, "customer"), value_of(page, "device"), value_of(page, "address")) == ("new", "", "")


def test_a_customer_found_by_name_can_be_given_the_number(agent, ctx, known):
    searched = fields(
        phone="13700001111", looked_up="13700001111", looked_for="", customer="new", who="dongsheng", step="lookup"
    )
    page = agent.post(f"{C}/intake", searched).text
    assert f'name="customer" value="{known[0].id}"' in page
    sent = {
        **searched,
        "looked_for": "dongsheng",
        "customer": str(known[0].id),
        "text": "It rattles",
        "token": "t1",
        "step": "record",
    }
    assert agent.post(f"{C}/intake", sent).status_code == 302
    assert contacts(ctx)[0].customer_id == known[0].id
    assert [p.number for p in queries.phones_of(ctx, known[0].id)] == ["+8613800138000", "+8613700001111"]


def test_the_intake_of_a_unit_or_customer_starts_with_them_chosen(agent, known):
    for address in (f"device_id={known[2].id}", f"customer_id={known[0].id}"):
        page = agent.get(f"{C}/intake?{address}").text
        assert (value_of(page, "customer"), value_of(page, "phone")) == (str(known[0].id), "138 0013 8000")
    assert f'value="{known[2].id}" checked' in agent.get(f"{C}/intake?device_id={known[2].id}").text


def test_a_customer_of_another_company_is_not_brought_up(world, agent):
    rival = world.company().system(NOW)
    theirs = services.save_customer(rival, CustomerData("Stranger"))
    services.add_phone(rival, theirs.id, PhoneData("13800138000"))
    for page in (
        agent.get(f"{C}/intake?phone=13800138000").text,
        agent.get(f"{C}/intake?customer_id={theirs.id}").text,
    ):
        assert "Stranger" not in page


# --- taking in ------------------------------------------------------------------------------------------------------


def test_recording_a_new_customers_call_makes_customer_number_and_contact(agent, ctx):
    page = agent.get(f"{C}/intake?phone=13700001111").text
    answer = agent.post(
        f"{C}/intake",
        fields(
            token=token_of(page),
            phone="137 0000 1111",
            looked_up="137 0000 1111",
            customer="new",
            name="Zhao Min",
            address="Liuxin",
            text="It rattles",
            model="Tractor",
            cause="wear",
            appearance="scratched",
        ),
    )
    contact = contacts(ctx)[0]
    assert answer.headers["Location"].endswith(f"/contacts/{contact.id}?taken_in=1")
    row = queries.get_customer(ctx, contact.customer_id)
    assert (row.name, row.address, [p.number for p in queries.phones_of(ctx, row.id)]) == (
        "Zhao Min",
        "Liuxin",
        ["+8613700001111"],
    )
    assert (contact.state, contact.outcome, contact.caller_name, contact.model, contact.cause, contact.appearance) == (
        "settled",
        "record",
        "Zhao Min",
        "Tractor",
        "wear",
        "scratched",
    )
    assert (contact.phone, contact.phone_raw) == ("+8613700001111", "137 0000 1111")


def test_sending_the_form_twice_makes_one_contact(agent, ctx, known):
    page = agent.get(f"{C}/intake?phone=13800138000").text
    sent = fields(
        token=token_of(page), phone="13800138000", looked_up="13800138000", customer=str(known[0].id), text="It rattles"
    )
    first, second = agent.post(f"{C}/intake", sent), agent.post(f"{C}/intake", sent)
    assert first.headers["Location"] == second.headers["Location"]
    assert len(contacts(ctx)) == 1


def test_a_draft_that_was_taken_in_is_forgotten_once(agent, known):
    sent = fields(phone="13800138000", looked_up="13800138000", customer=str(known[0].id), text="x", step="an:offer")
    assert "data-draft-done" not in agent.get(f"{C}/intake").text
    agent.post(f"{C}/intake", {**sent, "token": "t1"})
    assert re.search(r'data-draft-done="intake-acme\d+-\d+"', agent.get(f"{C}/intake").text)
    assert "data-draft-done" not in agent.get(f"{C}/intake").text


def test_two_empty_forms_have_different_tokens(agent):
    assert token_of(agent.get(f"{C}/intake").text) != token_of(agent.get(f"{C}/intake").text)


def test_a_bad_number_is_an_error_at_its_field_and_nothing_is_lost(agent, ctx):
    answer = agent.post(
        f"{C}/intake",
        fields(
            token="t1", phone="1380013800", looked_up="1380013800", customer="new", name="Zhao Min", text="It rattles"
        ),
    )
    assert answer.status_code == 422
    assert 'aria-describedby="phone-said phone-e" aria-invalid="true"' in answer.text
    assert answer.text.count("A mobile number has 11 digits; this one has 10.") == 3  # look-up, summary, field
    assert "It rattles" in answer.text
    assert value_of(answer.text, "name") == "Zhao Min"
    assert (count(ctx, Contact), count(ctx, Customer)) == (0, 0)


def test_every_missing_field_is_named_at_once(agent, ctx):
    set_setting(ctx, "base.intake.required", "name, address, phone, model, purchase_date, cause, appearance")
    page = agent.post(
        f"{C}/intake", fields(token="t1", phone="13700001111", looked_up="13700001111", customer="new", text="x")
    )
    assert page.status_code == 422
    summary = page.text[page.text.index('id="errsum"') : page.text.index("</ul></div>")]
    assert re.findall(r'href="#(\w+)"', summary) == ["name", "address", "model", "purchase_date", "cause", "appearance"]
    assert count(ctx, Contact) == 0
    question = agent.post(
        f"{C}/intake",
        fields(
            token="t2",
            phone="13700001111",
            looked_up="13700001111",
            customer="new",
            name="Zhao",
            address="Liuxin",
            text="x",
            matter="question",
        ),
    )
    assert question.status_code == 302


def test_a_known_units_model_and_date_need_not_be_typed(agent, ctx, known):
    set_setting(ctx, "base.intake.required", "name, address, phone, model, purchase_date")
    answer = agent.post(
        f"{C}/intake",
        fields(
            token="t1",
            phone="13800138000",
            looked_up="13800138000",
            customer=str(known[0].id),
            device=str(known[1].id),
            text="x",
        ),
    )
    assert answer.status_code == 302
    contact = contacts(ctx)[0]
    assert (contact.model, contact.purchase_date, contact.device_id, contact.address) == (
        "Tractor FH1604",
        dt.date(2026, 4, 12),
        known[1].id,
        "Zishan village",
    )


def test_a_serial_number_with_a_product_of_ours_registers_the_unit(agent, ctx, known):
    agent.post(
        f"{C}/intake",
        fields(
            token="t1",
            phone="13800138000",
            looked_up="13800138000",
            customer=str(known[0].id),
            device="new",
            model="Tractor FH1604",
            serial="fh-9",
            purchase_date="2026-05-01",
            text="x",
        ),
    )
    unit = queries.get_unit(ctx, contacts(ctx)[0].device_id)
    assert (unit.serial, unit.customer_id, unit.sale_date) == ("FH-9", known[0].id, dt.date(2026, 5, 1))
    agent.post(
        f"{C}/intake",
        fields(
            token="t2",
            phone="13800138000",
            looked_up="13800138000",
            customer=str(known[0].id),
            device="new",
            model="Another maker's",
            serial="X-1",
            text="y",
        ),
    )
    assert contacts(ctx)[1].device_id is None
    assert count(ctx, Unit) == 3


def test_choosing_nobody_of_several_is_asked_for(agent, ctx, known):
    answer = agent.post(f"{C}/intake", fields(token="t1", phone="8000", looked_up="8000", text="x"))
    assert answer.status_code == 422
    assert "Choose the customer, or “Somebody else”." in html.unescape(answer.text)
    assert count(ctx, Contact) == 0


def test_the_words_of_the_company_are_shown_at_intake(agent, ctx):
    set_setting(ctx, "base.intake.script", "Good morning, Acme.\n\nMay I have your number?")
    said = words_of(agent.get(f"{C}/intake").text)
    assert "What to say Good morning, Acme. May I have your number?" in said


def test_what_was_typed_is_kept_as_a_draft_of_this_company_and_person_only(agent):
    page = agent.get(f"{C}/intake").text
    key = re.search(r'data-draft="([^"]+)"', page)[1]
    assert re.fullmatch(r"intake-acme\d+-\d+", key)
    assert "data-draft-fresh" not in page
    assert "data-draft-fresh" in agent.get(f"{C}/intake?phone=13800138000").text


# --- records --------------------------------------------------------------------------------------------------------


def test_the_customers_page_shows_everything_about_the_customer(agent, ctx, known):
    row, tractor, _harvester = known
    services.save_site(ctx, row.id, SiteData(name="East field", address="Zishan east"))
    services.record_sale(
        ctx, SaleData(tractor.product_id, row.id, dt.date(2026, 4, 12), batch="B7", device_id=tractor.id)
    )
    services.record_contact(ctx, ContactData(customer_id=row.id, text="Clutch slips"))
    said = words_of(agent.get(f"{C}/customers/{row.id}").text)
    for words in (
        row.number,
        "138 0013 8000",
        "East field",
        "S-FH1604",
        "S-4YZ-4B",
        "B7",
        "Clutch slips",
        "Phone number 138 0013 8000 added",
    ):
        assert words in said


def test_a_timeline_is_paged(agent, ctx, known):
    for index in range(25):
        services.record_contact(ctx, ContactData(customer_id=known[0].id, text=f"call {index:02}"))
    page = agent.get(f"{C}/customers/{known[0].id}").text
    history = page[page.index('id="history"') :]
    assert "call 24" in history
    assert "call 04" not in history
    older = html.unescape(re.search(r'href="([^"]+before=\d+#history)"', page)[1])
    next_page = agent.get(older).text
    assert "call 04" in next_page[next_page.index('id="history"') :]


def test_phones_places_and_people_are_added_and_removed_on_the_customers_page(agent, ctx, known):
    row = known[0]
    page = f"{C}/customers/{row.id}"
    assert agent.post(f"{page}/phones", {"phone": "0516-83891234", "label": "Office"}, page=page).status_code == 302
    assert agent.post(f"{page}/sites", {"address": "Zishan east", "zone": "suburb"}, page=page).status_code == 302
    assert agent.post(f"{page}/people", {"name": "Wang Fang", "phone": "13900001111"}, page=page).status_code == 302
    assert [count(ctx, m) for m in (CustomerPhone, Site, ContactPerson)] == [2, 1, 1]
    second = queries.phones_of(ctx, row.id)[1]
    agent.post(f"{C}/customers/phones/{second.id}/first", page=page)
    ctx.session.rollback()
    assert queries.phones_of(ctx, row.id)[0].number == "+8651683891234"
    for kind, model in (("phones", CustomerPhone), ("sites", Site), ("people", ContactPerson)):
        key = ctx.session.scalar(sa.select(sa.func.max(model.id)))
        ctx.session.rollback()
        assert agent.post(f"{C}/customers/{kind}/{key}/remove", page=page).status_code == 302
    assert [count(ctx, m) for m in (CustomerPhone, Site, ContactPerson)] == [1, 0, 0]


def test_what_is_known_of_a_contact_person_is_changed_with_the_language_of_its_own(agent, ctx, known):
    page = f"{C}/customers/{known[0].id}"
    agent.post(f"{page}/people", {"name": "Wang Fang", "phone": "13900001111", "language": "en"}, page=page)
    ctx.session.rollback()
    (person,) = queries.persons_of(ctx, known[0].id)
    key = person.id
    assert person.language == "en"
    ctx.session.rollback()
    assert f'id="person-{key}-language"' in agent.get(page).text
    given = {"name": "Wang Fen", "phone": "13900001111", "language": "zh"}
    assert agent.post(f"{C}/customers/people/{key}", given, page=page).status_code == 302
    (person,) = queries.persons_of(ctx, known[0].id)
    assert (person.id, person.name, person.phone, person.language) == (key, "Wang Fen", "13900001111", "zh")
    ctx.session.rollback()
    answer = agent.post(f"{C}/customers/people/{key}", {**given, "name": "Wang Fei", "phone": "1380013800"}, page=page)
    assert answer.status_code == 422
    assert re.search(rf'id="person-{key}-name"[^>]*value="Wang Fei"', answer.text)
    assert "A mobile number has 11 digits; this one has 10." in words_of(answer.text)
    assert queries.persons_of(ctx, known[0].id)[0].name == "Wang Fen"


def test_a_part_that_can_not_be_saved_comes_back_as_typed(agent, ctx, known):
    page = f"{C}/customers/{known[0].id}"
    answer = agent.post(f"{page}/phones", {"phone": "1380013800", "label": "Office"}, page=page)
    assert answer.status_code == 422
    assert "A mobile number has 11 digits; this one has 10." in words_of(answer.text)
    assert value_of(answer.text, "label") == "Office"
    assert count(ctx, CustomerPhone) == 1


def test_a_duplicate_is_compared_merged_found_under_its_old_address_and_taken_out_again(agent, ctx, known):
    stays = known[0]
    duplicate = services.save_customer(ctx, CustomerData("Ma Dongshen", klass="VIP"))
    page = f"{C}/merge/base.customer/{duplicate.id}"
    assert agent.get(f"{page}?into=KH99999").status_code == 422
    compared = words_of(agent.get(f"{page}?into={stays.number.lower()}").text)
    assert f"What moves to {stays.number}" in compared
    assert "Neither the name nor a phone number is the same." in compared
    sent = {"target": stays.id, "version": 99, "target_version": stays.version, "take-klass": "duplicate"}
    assert agent.post(page, sent, page=f"{page}?into={stays.number}").status_code == 409
    sent["version"] = duplicate.version
    assert agent.post(page, sent, page=f"{page}?into={stays.number}").status_code == 302
    old = agent.get(f"{C}/customers/{duplicate.id}")
    assert (old.status_code, old.location) == (302, f"{agent.home}/customers/{stays.id}")
    there = agent.get(old.location).text
    assert f"{duplicate.number} Ma Dongshen was a duplicate and was merged into this one." in words_of(there)
    assert "VIP" in words_of(there)
    undo = re.search(r"/c/acme[0-9]*/merges/[0-9]+/undo", there)[0]
    assert agent.post(undo, {}, page=undo).location == f"{agent.home}/customers/{duplicate.id}"
    assert agent.get(f"{C}/customers/{duplicate.id}").status_code == 200


def test_likely_duplicates_are_listed_until_they_are_told_apart(agent, ctx, known):
    page = f"{C}/duplicates/base.customer"
    assert "Nothing looks alike here" in words_of(agent.get(page).text)
    twin = services.save_customer(ctx, CustomerData(known[0].name))
    assert twin.number in words_of(agent.get(page).text)
    agent.post(f"{page}/apart", {"one": known[0].id, "other": twin.id}, page=page)
    assert "Nothing looks alike here" in words_of(agent.get(page).text)


def test_where_a_record_is_used_is_shown_with_links(agent, ctx, known):
    shown = agent.get(f"{C}/used/base.customer/{known[0].id}")
    assert shown.status_code == 200
    assert f'href="{agent.home}/units/{known[1].id}"' in shown.text


def test_unit_product_sale_and_contact_have_their_pages(agent, ctx, known):
    row, tractor, _other = known
    sale = services.record_sale(ctx, SaleData(tractor.product_id, row.id, dt.date(2026, 4, 12), batch="B7"))
    contact = services.record_contact(ctx, ContactData(customer_id=row.id, phone="13800138000", text="Clutch slips"))
    for path, words in (
        (f"units/{tractor.id}", "S-FH1604"),
        (f"products/{tractor.product_id}", "FH1604"),
        (f"sales/{sale.id}", "B7"),
        (f"contacts/{contact.id}", "Not decided yet"),
    ):
        answer = agent.get(f"{C}/{path}")
        assert answer.status_code == 200
        assert words in words_of(answer.text)
    agent.post(f"{C}/contacts/{contact.id}/settle", page=f"{C}/contacts/{contact.id}")
    assert [c.state for c in contacts(ctx)] == ["settled"]


def test_records_of_another_company_are_not_there(world, agent):
    rival = world.company().system(NOW)
    theirs = services.save_customer(rival, CustomerData("Stranger"))
    phone = services.add_phone(rival, theirs.id, PhoneData("13800138000"))
    product = services.save_product(rival, ProductData("P", "Pump"))
    unit = services.save_unit_record(rival, UnitData(product.id, "A1", customer_id=theirs.id))
    contact = services.record_contact(rival, ContactData(text="x"))
    sale = services.record_sale(rival, SaleData(product.id, theirs.id, dt.date(2026, 1, 1)))
    for path in (
        f"customers/{theirs.id}",
        f"units/{unit.id}",
        f"products/{product.id}",
        f"contacts/{contact.id}",
        f"sales/{sale.id}",
        f"admin/customers/edit/?id={theirs.id}",
        f"admin/units/details/?id={unit.id}",
    ):
        assert agent.get(f"{C}/{path}").status_code == 404
    page = f"{C}/intake"
    for path in (
        f"customers/phones/{phone.id}/remove",
        f"customers/{theirs.id}/phones",
        f"customers/{theirs.id}/merge",
        f"contacts/{contact.id}/settle",
    ):
        assert agent.post(f"{C}/{path}", {"phone": "13900001111"}, page=page).status_code == 404
    rival.session.rollback()
    assert (count(rival, CustomerPhone), contacts(rival)[0].state) == (1, "open")


# --- who may --------------------------------------------------------------------------------------------------------


def test_a_reader_sees_but_changes_nothing(world, office, ctx, known):
    reader = world.person(office.code, "reader", "viewer")
    row = known[0]
    for path in (f"customers/{row.id}", f"units/{known[1].id}", "admin/customers/", "admin/contacts/"):
        assert reader.get(f"{C}/{path}").status_code == 200
    assert reader.get(f"{C}/intake").status_code == 403
    assert "Add a number" not in reader.get(f"{C}/customers/{row.id}").text
    page = f"{C}/customers/{row.id}"
    for path, data in (
        (f"customers/{row.id}/phones", {"phone": "13900001111"}),
        ("intake", fields(text="x")),
        (f"customers/{row.id}/merge", {"into": "KH00001"}),
        (f"admin/customers/delete/?id={row.id}", {}),
    ):
        assert reader.post(f"{C}/{path}", data, page=page).status_code in (403, 404)
    assert (count(ctx, CustomerPhone), count(ctx, Contact), count(ctx, Customer)) == (1, 0, 1)


def test_somebody_without_a_role_sees_nothing_of_the_archive(world, office, known):
    nobody = world.person(office.code, "nobody")
    for path in (
        "intake",
        f"customers/{known[0].id}",
        f"units/{known[1].id}",
        "admin/customers/",
        "admin/sales/",
        "contacts/1",
    ):
        assert nobody.get(f"{C}/{path}").status_code == 403
    assert "Call register" not in words_of(nobody.get(f"{C}/search?q=8000").text)


# --- lists and search -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["customers", "products", "units", "sales", "contacts"])
def test_a_list_takes_the_same_number_of_statements_however_long_it_is(world, agent, ctx, known, path):
    def fill(start, stop):
        with transaction(ctx):
            for n in range(start, stop):
                row = services.save_customer(ctx, CustomerData(f"Customer {n}"))
                services.add_phone(ctx, row.id, PhoneData(f"139{n:08d}"))
                product = services.save_product(ctx, ProductData(f"P{n}", f"Product {n}"))
                unit = services.save_unit_record(ctx, UnitData(product.id, f"A{n}", customer_id=row.id))
                services.record_sale(ctx, SaleData(product.id, row.id, dt.date(2026, 1, 1), device_id=unit.id))
                services.record_contact(ctx, ContactData(customer_id=row.id, text=f"call {n}"))

    fill(0, 3)
    agent.get(f"{C}/admin/{path}/")
    with statements_of(world) as few:
        assert agent.get(f"{C}/admin/{path}/").status_code == 200
    fill(3, 40)
    with statements_of(world) as many:
        assert agent.get(f"{C}/admin/{path}/").status_code == 200
    assert len(few) == len(many)


def statements_of(world):
    with world.site.app.app_context():
        return counted(db.engine)


def test_what_was_just_typed_in_is_found_at_once_without_the_worker(agent, ctx, known):
    form = {"phone": "139 1234 5678"}
    page = f"{C}/customers/{known[0].id}"
    agent.post(f"{page}/phones", form, page=page).close()
    assert str(known[0].number) in words_of(agent.get(f"{C}/search?q=12345678").text)


def test_what_can_not_be_indexed_after_the_answer_is_left_to_the_worker(agent, ctx, known, monkeypatch):
    def broken(_ctx, _ids):
        raise RuntimeError("no words today")

    monkeypatch.setattr("core.web.indexing.index_marks", broken)
    page = f"{C}/customers/{known[0].id}"
    answer = agent.post(f"{page}/phones", {"phone": "139 1234 5678"}, page=page)
    answer.close()
    assert answer.status_code == 302
    marks = sa.select(SearchMark.id).where(SearchMark.kind == "base.customer", SearchMark.record_id == known[0].id)
    assert ctx.session.scalars(marks).first() is not None


def test_the_list_finds_by_name_number_and_last_digits(agent, ctx, known):
    services.save_customer(ctx, CustomerData("Li Xiuying"))
    for search, there in (("dongsheng", True), ("KH00001", True), ("8000", True), ("xiuying", False)):
        said = words_of(agent.get(f"{C}/admin/customers/?search={search}").text)
        assert ("Ma Dongsheng" in said) is there, search


def test_a_customer_is_added_and_changed_in_a_form_and_opens_on_its_page(agent, ctx):
    page = f"{C}/admin/customers/new/"
    answer = agent.post(page, {"name": "Zhao Min", "kind": "company", "klass": "Dealer", "active": "y"})
    row = fresh(ctx).session.scalar(sa.select(Customer))
    assert answer.headers["Location"].endswith(f"/customers/{row.id}")
    assert (row.name, row.kind, row.klass, row.active) == ("Zhao Min", "company", "Dealer", True)
    edit = f"{C}/admin/customers/edit/?id={row.id}"
    assert agent.get(f"{C}/admin/customers/details/?id={row.id}").headers["Location"].endswith(f"/customers/{row.id}")
    answer = agent.post(edit, {"name": "Zhao Minqi", "kind": "company", "active": "y", "record_version": "1"})
    assert answer.status_code == 302
    ctx.session.rollback()
    assert ctx.session.scalar(sa.select(Customer.name)) == "Zhao Minqi"
    stale = agent.post(edit, {"name": "Zhao", "kind": "company", "record_version": "1"})
    assert stale.status_code == 409


def test_a_unit_is_registered_in_a_form_that_knows_the_customer(agent, ctx, known):
    page = f"{C}/admin/units/new/?customer={known[0].id}"
    assert known[0].number in agent.get(page).text
    product = ctx.session.scalar(sa.select(Unit.product_id).where(Unit.id == known[1].id))
    data = {"product_id": str(product), "serial": "new-1", "customer_id": str(known[0].id), "status": "in_use"}
    assert agent.post(f"{C}/admin/units/new/", data).status_code == 302
    ctx.session.rollback()
    assert ctx.session.scalar(sa.select(Unit.customer_id).where(Unit.serial == "NEW-1")) == known[0].id
    again = agent.post(f"{C}/admin/units/new/", data)
    assert again.status_code == 422
    assert "is registered already" in again.text


def test_an_entry_of_the_call_register_is_completed_on_record(agent, ctx, known):
    contact = services.record_contact(ctx, ContactData(customer_id=known[0].id, text="Clutch slips", direction="out"))
    edit = f"{C}/admin/contacts/edit/?id={contact.id}"
    sent = {
        "text": "Clutch slips uphill",
        "phone_raw": "13900001111",
        "channel": "visit",
        "matter": "fault",
        "cause": "wear",
    }
    assert agent.post(edit, {**sent, "phone_raw": "1390000", "record_version": "1"}).status_code == 422
    assert agent.post(edit, {**sent, "record_version": "1"}).status_code == 302
    changed = contacts(ctx)[0]
    assert (changed.text, changed.phone, changed.cause, changed.direction, changed.customer_id, changed.state) == (
        "Clutch slips uphill",
        "+8613900001111",
        "wear",
        "out",
        known[0].id,
        "open",
    )
    assert f"Entry {contact.number} completed" in words_of(agent.get(f"{C}/contacts/{contact.id}").text)


def test_the_search_box_finds_customers_units_contacts_and_products(world, agent, ctx, known):
    contact = services.record_contact(
        ctx, ContactData(customer_id=known[0].id, phone="13800138000", text="Clutch slips")
    )
    world.site.installation.worker(NOW).index_all()
    by_phone = words_of(agent.get(f"{C}/search?q=8000").text)
    assert "Ma Dongsheng" in by_phone
    assert contact.number in by_phone
    assert "S-FH1604" in words_of(agent.get(f"{C}/search?q=s-fh16").text)
    assert "Harvester" in words_of(agent.get(f"{C}/search?q=4YZ").text)
    assert "Clutch slips" in words_of(agent.get(f"{C}/search?q={contact.number}").text)


def test_open_contacts_wait_for_the_one_who_took_them_in(agent, ctx, known):
    agent.post(
        f"{C}/intake",
        fields(
            token="t1",
            phone="13800138000",
            looked_up="13800138000",
            customer=str(known[0].id),
            text="Clutch slips",
            step="unknown:offer",
        ),
    )
    contact = contacts(ctx)[0]
    assert contact.state == "open"
    said = words_of(agent.get(f"{C}/").text)
    assert contact.number in said
