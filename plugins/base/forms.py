"""The forms of this plugin's pages. Texts are message ids; what is required is a setting that services check."""

from __future__ import annotations

from wtforms import (
    BooleanField,
    DateField,
    DecimalField,
    EmailField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TelField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from core.api import N_
from core.web_api import SanbaoForm, VersionForm
from plugins.base.contracts import (
    CAUSE_WORDS,
    CHANNEL_WORDS,
    CUSTOMER_KIND_WORDS,
    MATTER_WORDS,
    PERSON_LANGUAGE_WORDS,
    ZONE_WORDS,
)

CHANNELS_AT_INTAKE = ("phone", "visit", "email", "letter", "video", "other")
"""Contacts by portal and API come in by themselves."""


def options(words: dict[str, str], *keys: str) -> list[tuple[str, str]]:
    """(value, message id) pairs of these keys, or of all."""
    return [(key, words[key]) for key in keys or words]


class IntakeForm(SanbaoForm):
    """What a call agent takes down. ``token`` makes sending twice harmless; ``looked_up`` is the number shown last."""

    token = HiddenField()
    looked_up = HiddenField()
    looked_for = HiddenField()
    customer = HiddenField()
    phone = TelField(N_("Phone number of the caller"), [Length(max=60)])
    who = StringField(N_("Find by name, customer number or serial number"), [Length(max=100)])
    keep_number = BooleanField(N_("Keep this number with the customer"), default=True)
    name = StringField(N_("Customer's name"), [Length(max=200)])
    kind = RadioField(N_("Kind of customer"), choices=options(CUSTOMER_KIND_WORDS), default="person")
    klass = SelectField(N_("Customer class"), [Optional()], default="")
    address = StringField(N_("Address"), [Length(max=400)])
    caller_name = StringField(N_("Who is calling"), [Length(max=120)])
    device = HiddenField()
    model = StringField(N_("Product model"), [Length(max=200)])
    serial = StringField(N_("Serial number"), [Length(max=80)])
    purchase_date = DateField(N_("Date of purchase"), [Optional()])
    channel = RadioField(N_("How it came in"), choices=options(CHANNEL_WORDS, *CHANNELS_AT_INTAKE), default="phone")
    matter = RadioField(N_("What it is about"), choices=options(MATTER_WORDS), default="fault")
    text = TextAreaField(N_("What the customer says"), [Length(max=10_000)])
    cause = RadioField(N_("Likely cause"), [Optional()], choices=options(CAUSE_WORDS), default="")
    appearance = StringField(N_("Appearance"), [Length(max=400)], description=N_("Damage, missing parts, packaging."))


class PhoneForm(SanbaoForm):
    """A further number of a customer."""

    phone = TelField(N_("Phone number"), [Length(max=60)])
    label = StringField(N_("What it is"), [Length(max=40)], description=N_("Home, office, driver: as staff call it."))
    is_primary = BooleanField(N_("Call this number first"))


class SiteForm(SanbaoForm):
    """A place of a customer."""

    name = StringField(N_("Name of the place"), [Length(max=120)])
    province = StringField(N_("Province"), [Length(max=60)])
    city = StringField(N_("City"), [Length(max=60)])
    district = StringField(N_("District"), [Length(max=60)])
    address = StringField(N_("Address"), [Length(max=400)])
    zone = SelectField(N_("Zone"), choices=[("", N_("Not said")), *ZONE_WORDS.items()], default="")
    latitude = DecimalField(N_("Latitude"), [Optional()], places=None)
    longitude = DecimalField(N_("Longitude"), [Optional()], places=None)


class PersonForm(SanbaoForm):
    """Somebody to speak to at a customer."""

    name = StringField(N_("Name of the person"), [Length(max=120)])
    title = StringField(N_("Position"), [Length(max=80)])
    phone = TelField(N_("Phone number"), [Length(max=60)])
    email = EmailField(N_("E-mail"), [Length(max=255)])
    language = SelectField(N_("Language"), choices=options(PERSON_LANGUAGE_WORDS), default="")


class SupplierForm(VersionForm):
    """Somebody who sells to us."""

    name = StringField(N_("Name"), [InputRequired(), Length(max=200)])
    number = StringField(N_("Number"), [Length(max=40)], description=N_("Empty: the next one."))
    contact_name = StringField(N_("Contact person"), [Length(max=120)])
    phone = TelField(N_("Phone"), [Length(max=60)])
    email = StringField(N_("E-mail address"), [Length(max=255)], description=N_("Claims and orders go there."))
    lead_days = IntegerField(
        N_("Lead time (days)"),
        [InputRequired(), NumberRange(0, 3650)],
        default=0,
        description=N_("From an order to the goods, where nothing more exact is agreed."),
    )
    address = StringField(N_("Address"), [Length(max=400)])
    note = TextAreaField(N_("Note"), render_kw={"rows": 3})
    active = BooleanField(N_("Can be chosen"), default=True, description=N_("Of others nothing is bought any more."))
