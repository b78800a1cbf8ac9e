"""Pure decisions of the archive: how a phone number is read, what makes two customers alike, what a form lacks."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import phonenumbers

from core.api import N_, Invalid, _, n_

SUFFIX_MIN = 4
"""How many last digits are enough to look a number up."""

_EXTENSION = re.compile(r"(?:转|轉|分机|分機|ext\.?|x|#)\s*[:：]?\s*(\d{1,8})\s*$", re.IGNORECASE)
_CN_DASHED_EXTENSION = re.compile(r"^(\(?0\d{2,3}\)?[-\s]\d{7,8})[-－](\d{1,6})$")
_CN_MOBILE_LIKE = re.compile(r"^1[3-9]\d+$")
_CN_SERVICE = re.compile(r"^(1[0-2]\d{1,4}|9[56]\d{3,6})$")
_CN_LOCAL = re.compile(r"^[2-8]\d{6,7}$")
_NOT_NAME = re.compile(r"[\s\-_,.·，。、（）()【】\[\]]+")


@dataclass(frozen=True)
class PhoneNumber:
    """A number that was understood: ``number`` in E.164, ``extension`` digits only, ``raw`` as typed."""

    number: str
    extension: str
    raw: str

    @property
    def reversed_digits(self) -> str:
        """Its digits from back to front, as the suffix index keeps them."""
        return self.number[:0:-1]


def digits_of(text: str) -> str:
    """The decimal digits in ``text``, full-width ones and others turned into 0–9."""
    return phonenumbers.normalize_digits_only(text or "")


def read_phone(text: str, region: str, field: str = "phone") -> PhoneNumber:
    """Read a number as people type it. Raises Invalid, in words that say what is wrong and how it should look.

    ``region`` is the ISO 3166 code to which numbers without a country code belong. An extension may follow after 转,
    ext, x or #, on Chinese landlines also after a second hyphen. Chinese service numbers (12345, 95588) are taken as
    they are, because hotlines pass complaints on.
    """
    raw = (text or "").strip()
    body, extension = _split_extension(raw, region)
    digits = digits_of(body)
    if not digits:
        raise Invalid(
            "phone_empty", _("Enter a phone number with digits, like {example}.", example=example(region)), field
        )
    if region == "CN" and _CN_SERVICE.match(digits) and not body.startswith(("+", "＋", "0")):
        return PhoneNumber(f"+86{digits}", extension, raw)
    _refuse_wrong_chinese_mobile(body, digits, region, field)
    try:
        parsed = phonenumbers.parse(body, region)
    except phonenumbers.NumberParseException:
        raise _wrong("phone_unreadable", digits, region, field) from None
    verdict = phonenumbers.is_possible_number_with_reason(parsed)
    local = region == "CN" and _CN_LOCAL.match(digits)
    if local or verdict == phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
        message = _("The area code is missing: write the number like {example}.", example=landline_example(region))
        raise Invalid("phone_area_code", message, field)
    if verdict != phonenumbers.ValidationResult.IS_POSSIBLE:
        raise _wrong("phone_length", digits, region, field)
    number = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return PhoneNumber(number, extension or parsed.extension or "", raw)


def _split_extension(raw: str, region: str) -> tuple[str, str]:
    match = _EXTENSION.search(raw)
    if match:
        return raw[: match.start()].strip(), digits_of(match[1])
    match = _CN_DASHED_EXTENSION.match(raw) if region == "CN" else None
    return (match[1], digits_of(match[2])) if match else (raw, "")


def _refuse_wrong_chinese_mobile(body: str, digits: str, region: str, field: str) -> None:
    """Chinese mobile numbers have 11 digits and begin with 1; say so with the count that was typed."""
    national = digits
    foreign = body.lstrip().startswith(("+", "＋", "00"))
    if foreign and not digits.removeprefix("00").startswith("86"):
        return
    if not foreign and region != "CN":
        return
    if foreign or (digits.startswith("86") and len(digits) > 11):
        national = digits.removeprefix("00").removeprefix("86")
    if _CN_MOBILE_LIKE.match(national) and len(national) != 11 and len(national) > 6:
        message = _("A mobile number has 11 digits; this one has {n}.", n=len(national))
        raise Invalid("phone_length", message, field)


def _wrong(code: str, digits: str, region: str, field: str) -> Invalid:
    words = n_(
        "This can't be a phone number ({n} digit). Write it like {example}.",
        "This can't be a phone number ({n} digits). Write it like {example}.", len(digits), example=example(region),
    )  # fmt: skip
    return Invalid(code, words, field)


def example(region: str) -> str:
    """A mobile number as people of ``region`` write it."""
    return _example(region, phonenumbers.PhoneNumberType.MOBILE)


def landline_example(region: str) -> str:
    """A landline number with its area code as people of ``region`` write it."""
    return _example(region, phonenumbers.PhoneNumberType.FIXED_LINE)


def _example(region: str, kind: int) -> str:
    if region == "CN":
        return "138 0013 8000" if kind == phonenumbers.PhoneNumberType.MOBILE else "0516-8389 1234"
    sample = phonenumbers.example_number_for_type(region, kind) or phonenumbers.example_number(region)
    return (
        phonenumbers.format_number(sample, phonenumbers.PhoneNumberFormat.NATIONAL) if sample else "+86 138 0013 8000"
    )


def phone_words(number: str, region: str, extension: str = "") -> str:
    """A kept number as people of ``region`` read it: their own ones without the country code."""
    if not number:
        return ""
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return number
    home = phonenumbers.country_code_for_region(region)
    style = (
        phonenumbers.PhoneNumberFormat.NATIONAL
        if parsed.country_code == home
        else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    )
    words = phonenumbers.format_number(parsed, style)
    return _("{number} ext. {extension}", number=words, extension=extension) if extension else words


def dial_suffix(text: str) -> str:
    """The digits by which a number is looked up from behind, last digit first; empty when there are too few."""
    digits = digits_of(text)
    return digits[::-1] if len(digits) >= SUFFIX_MIN else ""


def comparable_name(name: str) -> str:
    """A name or address without spaces and punctuation, in lower case: what is compared to find a duplicate."""
    return _NOT_NAME.sub("", name or "").casefold()


# --- what GS-6 wants at intake --------------------------------------------------------------------------------------

INTAKE_FIELDS: dict[str, str] = {
    "name": N_("Customer's name"),
    "address": N_("Address"),
    "phone": N_("Phone"),
    "model": N_("Product model"),
    "purchase_date": N_("Date of purchase"),
    "cause": N_("Cause of the fault"),
    "appearance": N_("Appearance"),
}
"""GS-6: what is recorded when a case is taken in. Which of them must be given is the setting base.intake.required."""

ABOUT_PRODUCT = frozenset({"model", "purchase_date", "cause", "appearance"})


def required_fields(setting: Iterable[str]) -> frozenset[str]:
    """The names in the setting; what is no field of the form is left out."""
    return frozenset(name for name in setting if name in INTAKE_FIELDS)


def missing_fields(required: frozenset[str], given: dict[str, object], matter: str = "fault") -> list[str]:
    """Those of the required fields for which nothing was given, in the order of the form.

    What concerns the product is asked only when a fault is reported: a question about opening hours has no model.
    """
    asked = [name for name in INTAKE_FIELDS if matter == "fault" or name not in ABOUT_PRODUCT]
    return [name for name in asked if name in required and not str(given.get(name) or "").strip()]
