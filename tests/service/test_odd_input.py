"""What no form offers: ids, numbers, days and characters that no column holds are answered in words, not by a crash."""

from __future__ import annotations

import datetime as dt
import threading
from decimal import Decimal

import pytest
import sqlalchemy as sa
from werkzeug.datastructures import MultiDict
from wtforms import DateField, DecimalField, FieldList, IntegerField, SelectField, SelectMultipleField, StringField

from core.companies.models import Role
from core.db import in_words, transaction
from core.errors import Conflict, Invalid
from core.events import emit
from core.i18n import use_locale
from core.settings import parse_setting
from core.testing import moment
from core.web.current import day_of
from core.web.forms import MomentField, SanbaoForm
from plugins.inventory.models import Balance, Part
from tests.support.accounts import Site
from tests.support.stock_site import furnish

NOW = moment("2026-03-02 09:00")


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation.office("acme")


@pytest.fixture
def pages(office, application):
    with application.on(office.installation.url) as app:
        yield app


class Odd(SanbaoForm):
    number = DecimalField(places=None)
    count = IntegerField()
    day = DateField()
    at = MomentField()
    days = FieldList(DateField())
    name = StringField()
    one = SelectField(coerce=int, choices=[(1, "One")])
    many = SelectMultipleField(coerce=int, choices=[(1, "One")])


def sent(pages, ctx=None, **values) -> Odd:
    with pages.test_request_context("/", method="POST", data=values), use_locale("en"):
        from flask import g, request

        g.ctx = ctx
        form = Odd(formdata=request.form, meta={"csrf": False})
        form.validate()
        return form


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("field", "typed", "told"),
    [
        ("number", "NaN", "A number is needed, like 12.50."),
        ("number", "sNaN", "A number is needed, like 12.50."),
        ("number", "-Infinity", "A number is needed, like 12.50."),
        ("number", "1e30", "A number is needed, like 12.50."),
        ("number", "1e999999999", "A number is needed, like 12.50."),
        ("number", "1000000000000", "A number is needed, like 12.50."),
        ("number", "0.0000001", "At most 6 decimals fit here."),
        ("count", "2147483648", "A whole number is needed, like 12."),
        ("count", "9" * 40, "A whole number is needed, like 12."),
        ("day", "0001-01-01", "A day from 1900 to 2999 is needed."),
        ("day", "1899-12-31", "A day from 1900 to 2999 is needed."),
        ("day", "9999-12-31", "A day from 1900 to 2999 is needed."),
        ("at", "0001-01-01T00:00", "A day from 1900 to 2999 is needed."),
        ("at", "9999-12-31T23:59", "A day from 1900 to 2999 is needed."),
    ],
)
def test_what_no_column_holds_is_told_beside_the_field_and_stays_typed(pages, field, typed, told):
    found = sent(pages, **{field: typed})[field]
    assert (found.data, found.errors, found._value()) == (None, [told], typed)


@pytest.mark.one_database
def test_a_day_in_a_list_of_days_is_looked_at_too(pages):
    form = sent(pages, **{"days-0": "2026-03-01", "days-1": "0001-01-01"})
    assert [f.errors for f in form.days] == [[], ["A day from 1900 to 2999 is needed."]] or form.days[1].data is None
    assert form.days.errors


@pytest.mark.one_database
def test_a_choice_that_no_id_can_be_is_none(pages):
    form = sent(pages, one=str(2**63), many=str(2**70))
    assert (form.one.data, form.many.data) == (None, [])
    assert "Choose one of the values offered." in form.one.errors
    assert "Choose one of the values offered." in form.many.errors


@pytest.mark.one_database
@pytest.mark.parametrize("text", ["", "x", "0001-01-01", "9999-12-31", "2026-02-30", None])
def test_a_day_in_an_address_that_nobody_can_count_on_from_is_none(text):
    assert (day_of(text), day_of(" 2026-02-28 ")) == (None, dt.date(2026, 2, 28))


@pytest.mark.one_database
def test_what_a_column_holds_is_taken(office, pages):
    values = {"number": "999999999999.123456", "count": "-2147483647", "day": "2999-12-31", "at": "1900-01-01T00:00"}
    form = sent(pages, office.system(NOW), **values)
    assert form.number.data == Decimal("999999999999.123456")
    assert (form.count.data, form.day.data.year, form.at.data.year) == (-2147483647, 2999, 1899)
    assert not {"number", "count", "day", "at"} & set(form.errors)


@pytest.mark.one_database
def test_characters_that_postgresql_takes_in_no_text_do_not_arrive(pages):
    assert sent(pages, name="V\0-belt").name.data == "V-belt"
    with pages.test_request_context("/?search=a%00b&search=%00"):
        from flask import request

        assert request.args == MultiDict([("search", "ab"), ("search", "")])


@pytest.mark.one_database
@pytest.mark.parametrize("number", ["9223372036854775808", "9" * 40, "9" * 5000])
def test_the_address_of_an_id_that_none_can_be_is_that_of_no_page(office, pages, number):
    site = Site(pages, office.installation, {"acme": office})
    site.person("head@acme.example", "administrator")
    browser = site.signed_in("head@acme.example")
    assert browser.get("/c/acme/inventory/parts/9223372036854775807").status_code == 404
    assert browser.get(f"/c/acme/inventory/parts/{number}").status_code == 404
    assert browser.get("/c/acme/inventory/parts/1%00").status_code == 404


def test_two_who_save_the_same_at_the_same_moment_are_told_in_words(office):
    begin, told = threading.Barrier(2), []

    def save() -> None:
        ctx = office.system(NOW)
        try:
            begin.wait()
            with transaction(ctx):
                ctx.session.add(Role(code="twin", name={"en": "Twin"}, permissions=[]))
                emit(ctx, "core.role_saved", name="twin", code="twin")
        except Exception as error:
            told.append(in_words(error))
        finally:
            ctx.session.close()

    people = [threading.Thread(target=save) for _n in range(2)]
    for one in people:
        one.start()
    for one in people:
        one.join()
    assert [(type(t), t.code) for t in told] == [(Conflict, "clash")]


def test_a_value_that_no_column_holds_is_told_in_words_on_every_database(office):
    ctx = office.system(NOW)
    with pytest.raises((OverflowError, sa.exc.DBAPIError)) as refused:
        ctx.session.scalar(sa.select(Part).where(Part.id == 2**63))
    ctx.session.rollback()
    told = in_words(refused.value)
    assert isinstance(told, Invalid)
    assert told.code == "can_not_hold"
    with pytest.raises((ValueError, sa.exc.StatementError)) as refused, transaction(ctx):
        ctx.session.add(Balance(part_id=1, location_id=1, on_hand=Decimal("0.0000001"), reserved=Decimal(0)))
    assert in_words(refused.value).code == "can_not_hold"


@pytest.mark.one_database
@pytest.mark.parametrize("typed", ["1e30", "-1e12", "1e999999999", "NaN", "sNaN", "Infinity"])
def test_a_setting_that_no_number_can_be_is_told(office, typed):
    with use_locale("en"), pytest.raises(Invalid) as refused:
        parse_setting(office.system(NOW), "inventory.recount_above", typed)
    assert refused.value.message == f"“{typed}” is not a number. Write it like 12."


def test_what_breaks_a_rule_of_the_database_stays_a_fault_of_the_program(office):
    ctx = office.system(NOW)
    with pytest.raises(sa.exc.IntegrityError) as refused, transaction(ctx):
        ctx.session.add(Balance(part_id=1, location_id=1, on_hand=Decimal(-1), reserved=Decimal(0)))
    assert in_words(refused.value) is None
