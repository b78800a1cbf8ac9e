"""Phone numbers as people type them: read, refused in words that help, found again by their last digits."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Invalid
from core.i18n import use_locale
from plugins.base import rules

pytestmark = pytest.mark.usefixtures("registry")  # which brings the Chinese catalogues
MOBILES = st.builds(
    lambda head, tail: head + tail,
    st.sampled_from(["130", "138", "139", "151", "158", "166", "177", "182", "187", "199"]),
    st.text("0123456789", min_size=8, max_size=8),
)
CALM = settings(max_examples=120, deadline=None)


def refusal(text: str, region: str = "CN", locale: str = "en") -> str:
    with use_locale(locale), pytest.raises(Invalid) as refused:
        rules.read_phone(text, region)
    assert refused.value.field == "phone"
    return refused.value.message


@pytest.mark.parametrize(
    ("typed", "region", "number", "extension"),
    [
        ("138 0013 8000", "CN", "+8613800138000", ""),
        ("138-0013-8000", "CN", "+8613800138000", ""),
        ("+86 138 0013 8000", "CN", "+8613800138000", ""),
        ("0086 138 0013 8000", "CN", "+8613800138000", ""),
        ("86 138 0013 8000", "CN", "+8613800138000", ""),
        ("１３８００１３８０００", "CN", "+8613800138000", ""),
        ("0516-83891234", "CN", "+8651683891234", ""),
        ("0516-83891234-8016", "CN", "+8651683891234", "8016"),
        ("0516-83891234转8016", "CN", "+8651683891234", "8016"),
        ("0516 8389 1234 分机：16", "CN", "+8651683891234", "16"),
        ("400-820-8820", "CN", "+864008208820", ""),
        ("12345", "CN", "+8612345", ""),
        ("+44 20 7946 0018", "CN", "+442079460018", ""),
        ("020 7946 0018", "GB", "+442079460018", ""),
        ("(212) 555-0123 x12", "US", "+12125550123", "12"),
    ],
)
def test_a_number_is_read_as_people_type_it(typed, region, number, extension):
    read = rules.read_phone(typed, region)
    assert (read.number, read.extension, read.raw) == (number, extension, typed.strip())


@pytest.mark.parametrize(
    "locale_and_words",
    [
        ("zh", "手机号应为 11 位，现在是 10 位。"),
        ("en", "A mobile number has 11 digits; this one has 10."),
    ],
)
def test_a_mobile_number_with_a_digit_missing_says_how_many_there_are(locale_and_words):
    locale, words = locale_and_words
    assert refusal("1380013800", locale=locale) == words
    assert refusal("+86 138 0013 800", locale=locale) == words


def test_a_number_without_its_area_code_says_so():
    assert refusal("83891234") == "The area code is missing: write the number like 0516-8389 1234."
    assert refusal("83891234", locale="zh") == "缺少区号，请写成 0516-8389 1234 这样。"


def test_words_are_no_number():
    assert refusal("tomorrow") == "Enter a phone number with digits, like 138 0013 8000."
    assert refusal("", region="GB") == "Enter a phone number with digits, like 07400 123456."


def test_a_number_of_no_possible_length_shows_an_example_of_the_region():
    assert refusal("02", region="GB") == "This can't be a phone number (2 digits). Write it like 07400 123456."


@CALM
@given(MOBILES, st.lists(st.sampled_from(["", " ", "-", "  "]), min_size=10, max_size=10))
def test_separators_never_change_a_number(digits, gaps):
    typed = "".join(digit + gap for digit, gap in zip(digits, [*gaps, ""], strict=True))
    assert rules.read_phone(typed, "CN").number == f"+86{digits}"


@CALM
@given(MOBILES, st.integers(7, 15))
def test_the_count_of_digits_that_is_told_is_the_one_that_was_typed(digits, length):
    typed = (digits + "0000")[:length]
    if length == 11:
        assert rules.read_phone(typed, "CN").number == f"+86{typed}"
    else:
        assert refusal(typed) == f"A mobile number has 11 digits; this one has {length}."


@CALM
@given(MOBILES)
def test_the_words_of_a_number_read_as_the_same_number(digits):
    number = rules.read_phone(digits, "CN").number
    assert rules.read_phone(rules.phone_words(number, "CN"), "CN").number == number
    assert rules.read_phone(rules.phone_words(number, "GB"), "GB").number == number


@CALM
@given(MOBILES, st.integers(4, 11))
def test_last_digits_are_the_beginning_of_the_reversed_ones(digits, count):
    assert rules.read_phone(digits, "CN").reversed_digits.startswith(rules.dial_suffix(digits[-count:]))


def test_fewer_than_four_digits_look_nothing_up():
    assert (rules.dial_suffix("800"), rules.dial_suffix("8000"), rules.dial_suffix("abc")) == ("", "0008", "")


@CALM
@given(st.text(max_size=40), st.sampled_from(["CN", "GB", "US"]))
def test_whatever_is_typed_is_either_a_number_that_fits_its_column_or_refused(text, region):
    try:
        number = rules.read_phone(text, region).number
    except Invalid:
        return
    assert re.fullmatch(r"\+[0-9]{3,19}", number)


@pytest.mark.parametrize(
    ("matter", "missing"),
    [("fault", ["address", "model", "appearance"]), ("question", ["address"]), ("complaint", ["address"])],
)
def test_what_concerns_the_product_is_asked_for_faults_only(matter, missing):
    required = rules.required_fields(["name", "address", "phone", "model", "appearance", "nonsense"])
    given_now = {"name": "Ma", "address": "  ", "phone": "1", "model": "", "appearance": None}
    assert required == {"name", "address", "phone", "model", "appearance"}
    assert rules.missing_fields(required, given_now, matter) == missing
