"""The intake page: a number brings up customer, units and history; what is said becomes a contact, and then more."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from flask import flash, redirect, render_template, request, session, url_for

from core.api import Ctx, DomainError, Offer, _, collect, get_setting
from core.web_api import ShownPanel, current_ctx, needs, panels_of, record_id, timeline_of
from plugins.base import queries, services
from plugins.base.contracts import (
    ContactData,
    CustomerBrief,
    CustomerData,
    IntakeData,
    Likeness,
    PhoneLookup,
    Promise,
    UnitBadge,
    UnitData,
)
from plugins.base.forms import IntakeForm
from plugins.base.labels import in_words
from plugins.base.models import Contact, Customer, Product, Unit
from plugins.base.rules import ABOUT_PRODUCT, digits_of, phone_words, required_fields
from plugins.base.views.blueprint import blueprint

NEW = "new"
"""The value of the customer (and of the unit) that is not in the archive yet."""
ONLY_RECORD = "record"
_TAKEN = "intake_taken"
"""In the session: the companies in which the last draft was taken in, so that the next page forgets it."""


@dataclass
class Found:
    """What the number and the choices so far bring up."""

    lookup: PhoneLookup | None = None
    candidates: Sequence[CustomerBrief] = ()
    searched: bool = False
    customer: Customer | None = None
    brief: CustomerBrief | None = None
    is_new: bool = False
    alike: Sequence[Likeness] = ()
    units: Sequence[Unit] = ()
    badges: Mapping[int, list[UnitBadge]] = field(default_factory=dict)
    device: Unit | None = None
    last_about: dict[int, Contact] = field(default_factory=dict)
    summary: object = None
    products: Sequence[Product] = ()

    @property
    def ready(self) -> bool:
        """Whether it is clear whom this is about."""
        return self.customer is not None or self.is_new

    @property
    def strange_number(self) -> bool:
        """Whether a customer who is known calls from a number that is not."""
        number = self.lookup.number if self.lookup else ""
        return self.brief is not None and bool(number) and number not in self.brief.phones

    @property
    def meant_number(self) -> str:
        """The customer's own number whose last digits were typed; empty when a whole one was typed."""
        if self.brief is None or self.lookup is None or self.lookup.number:
            return ""
        ending = digits_of(self.lookup.typed)
        return next((number for number in self.brief.phones if number.endswith(ending)), "")


@blueprint.get("/intake")
@needs("base.contact.record")
def intake_page():
    """Empty, or with ``phone``, ``customer_id`` and ``device_id`` filled in by a link or the telephone system."""
    form = IntakeForm(formdata=None)
    form.token.data = secrets.token_urlsafe(16)
    form.phone.data = request.args.get("phone", "")[:60]
    form.looked_up.data = form.phone.data
    customer = record_id(request.args.get("customer_id"))
    form.customer.data = str(customer) if customer else ""
    device = record_id(request.args.get("device_id"))
    form.device.data = str(device) if device else ""
    if not form.phone.data:
        form.phone.data = form.looked_up.data = _own_number(current_ctx(), customer, device)
    given = bool(form.phone.data or form.customer.data or form.device.data)
    taken = session.get(_TAKEN, [])
    done = current_ctx().company_id in taken
    if done:
        session[_TAKEN] = [company_id for company_id in taken if company_id != current_ctx().company_id]
    return _page(form, fresh=given, done=done)


def _own_number(ctx: Ctx, customer_id: int | None, device_id: int | None) -> str:
    """The number to call first of the customer (or of the unit's) with whom the page is opened."""
    unit = queries.find(ctx, Unit, device_id)
    customer = queries.find(ctx, Customer, customer_id or (unit.customer_id if unit else None))
    phones = queries.phones_of(ctx, customer.id) if customer else []
    return phone_words(phones[0].number, ctx.company.region) if phones else ""


@blueprint.post("/intake")
@needs("base.contact.record")
def intake_send():
    """Look a number up without losing what was typed (``step`` lookup, other, this), or take the case in."""
    form = IntakeForm()
    step = request.form.get("step", "lookup")
    if step.startswith("this:"):
        form.customer.data, form.device.data = step.removeprefix("this:"), ""
    elif step == "other":
        form.customer.data, form.device.data = NEW, ""
    if step in ("lookup", "other") or step.startswith("this:"):
        return _page(form, fresh=True)
    return _take_in(form, step)


# --- looking up -----------------------------------------------------------------------------------------------------


def look_up(ctx: Ctx, form: IntakeForm) -> Found:
    """Who this may be, whose units these are, and which were chosen. Corrects choices that no longer fit the number."""
    _forget_stale_choice(form)
    found = Found(lookup=queries.find_by_phone(ctx, form.phone.data or "") if form.phone.data else None)
    found.candidates = found.lookup.customers if found.lookup else ()
    if form.who.data and form.who.data.strip():
        found.searched = True
        found.candidates = queries.briefs(ctx, queries.search_customers(ctx, form.who.data))
    _choose_customer(ctx, form, found)
    _choose_device(ctx, form, found)
    _fill_in(ctx, form, found)
    return found


def _forget_stale_choice(form: IntakeForm) -> None:
    """Another number, or another name searched for, is about somebody else."""
    now, before = (form.phone.data or "").strip(), (form.looked_up.data or "").strip()
    searched, searched_before = (form.who.data or "").strip(), (form.looked_for.data or "").strip()
    if before and now != before:
        form.customer.data = form.device.data = ""
        form.address.data = form.name.data = ""
    elif searched != searched_before:
        form.customer.data = form.device.data = ""
    form.looked_up.data, form.looked_for.data = now, searched


def _choose_customer(ctx: Ctx, form: IntakeForm, found: Found) -> None:
    chosen = form.customer.data or ""
    if not chosen and form.device.data and (unit := queries.find(ctx, Unit, record_id(form.device.data))):
        chosen = str(unit.customer_id or "")
    if not chosen and found.lookup and found.lookup.exact and len(found.candidates) == 1:
        chosen = str(found.candidates[0].id)
    if not chosen and found.lookup and found.lookup.number and not found.candidates:
        chosen = NEW
    if chosen and chosen != NEW:
        found.customer = queries.find(ctx, Customer, record_id(chosen))
    found.is_new = chosen == NEW
    form.customer.data = str(found.customer.id) if found.customer else NEW if found.is_new else ""
    if found.customer is not None:
        found.brief = queries.briefs(ctx, [found.customer])[0]
        found.summary = queries.customer_summary(ctx, found.customer)
        found.units = queries.units_of(ctx, found.customer.id)
        found.badges = queries.unit_badges(ctx, [u.id for u in found.units])
        found.last_about = queries.contacts_about(ctx, [u.id for u in found.units])
    elif found.is_new:
        numbers = [found.lookup.number] if found.lookup else []
        found.alike = queries.similar_customers(ctx, form.name.data or "", form.address.data or "", numbers)


def _choose_device(ctx: Ctx, form: IntakeForm, found: Found) -> None:
    chosen = form.device.data or ""
    own = {str(u.id): u for u in found.units}
    if not chosen and len(own) == 1:
        chosen = next(iter(own))
    found.device = own.get(chosen)
    form.device.data = chosen if found.device or chosen == NEW else ""
    found.products = queries.search_products(ctx, "", limit=300)


def _fill_in(ctx: Ctx, form: IntakeForm, found: Found) -> None:
    """What the archive knows need not be typed."""
    if found.customer is not None and not form.address.data:
        form.address.data = found.customer.address
    if found.device is not None:
        form.model.data = product_words(found.device.product)
        form.serial.data = found.device.serial or ""
        form.purchase_date.data = found.device.sale_date or form.purchase_date.data
        form.purchase_date.raw_data = None


def product_words(product: Product) -> str:
    """How a product is called in one line: its model, if it has one besides its name."""
    return f"{product.name} {product.model}".strip() if product.model not in product.name else product.name


# --- the page -------------------------------------------------------------------------------------------------------


def _page(form: IntakeForm, *, fresh: bool, extra: Sequence[str] = (), status: int = 200, done: bool = False):
    ctx = current_ctx()
    form.klass.choices = [("", _("None")), *((text, text) for text in _classes(ctx))]
    found = look_up(ctx, form)
    draft = _draft_contact(ctx, form, found)
    offers, unavailable = _offers(ctx, draft)
    page = render_template(
        "base/intake.html",
        form=form,
        found=found,
        extra=extra,
        fresh=fresh,
        done=done,
        required=_required(ctx, form),
        offers=offers,
        promises=_promises(ctx, draft),
        panels=_panels(ctx, found),
        unavailable=unavailable,
        script=queries.reception_script(ctx, draft.matter, draft.channel, known=found.customer is not None),
        history=in_words(timeline_of(ctx, found.device or found.customer, limit=5)) if found.customer else [],
        draft_key=f"intake-{ctx.company.code}-{ctx.actor.user_id}",
        product_words=product_words,
        new=NEW,
    )
    return page, status


def _classes(ctx: Ctx) -> list[str]:
    return [line.strip() for line in get_setting(ctx, "base.customer.classes").splitlines() if line.strip()]


def _required(ctx: Ctx, form: IntakeForm) -> frozenset[str]:
    required = required_fields(get_setting(ctx, "base.intake.required")) | {"text"}
    return required if form.matter.data == "fault" else required - ABOUT_PRODUCT


def _draft_contact(ctx: Ctx, form: IntakeForm, found: Found) -> Contact:
    """The contact as far as it is known, never saved: what plugins are asked about while the case is taken in."""
    return Contact(
        company_id=ctx.company_id,
        channel=form.channel.data or "phone",
        direction="in",
        received_at=ctx.now,
        phone=found.lookup.number if found.lookup else "",
        phone_raw=form.phone.data or "",
        customer_id=found.customer.id if found.customer else None,
        device_id=found.device.id if found.device else None,
        matter=form.matter.data or "fault",
        text=form.text.data or "",
        cause=form.cause.data or "",
        state="open",
    )


def _offers(ctx: Ctx, contact: Contact) -> tuple[list[Offer], list[str]]:
    """What it can become, weakest first (the primary one stands last, on the right), and whose answer failed."""
    answers = collect(ctx, "contact_offers", contact=contact)
    offers = [offer for a in answers if not a.error for offer in a.value]
    offers.sort(key=lambda o: (o.primary, -o.order))
    return offers, [ctx.registry.plugin_label(a.plugin) for a in answers if a.error]


def _promises(ctx: Ctx, contact: Contact) -> list[Promise]:
    answers = collect(ctx, "intake_promises", contact=contact)
    return sorted((p for a in answers if not a.error for p in a.value), key=lambda p: p.due)


def _panels(ctx: Ctx, found: Found) -> list[ShownPanel]:
    records = [record for record in (found.device, found.customer) if record is not None]
    return [panel for record in records for panel in panels_of(ctx, record, acting=False)]


# --- taking in ------------------------------------------------------------------------------------------------------


def _take_in(form: IntakeForm, step: str):
    ctx = current_ctx()
    form.klass.choices = [("", _("None")), *((text, text) for text in _classes(ctx))]
    if not form.validate():
        return _page(form, fresh=True, status=422)
    found = look_up(ctx, form)
    if found.candidates and not found.ready:
        return _page(form, fresh=True, extra=[_("Choose the customer, or “Somebody else”.")], status=422)
    try:
        contact = services.take_in(ctx, _intake_data(ctx, form, found))
        if step == ONLY_RECORD:
            services.settle_contact(ctx, contact.id)
    except DomainError as error:
        extra = _place(form, error)
        _place_the_rest(form, found)
        return _page(form, fresh=True, extra=extra, status=error.status)
    session[_TAKEN] = [*session.get(_TAKEN, []), ctx.company_id][-20:]
    target = _target(ctx, contact, step)
    if target is None:
        flash(_("Recorded as {number}.", number=contact.number), "ok")
        return redirect(url_for("base.contact_page", record_id=contact.id, taken_in=1))
    return redirect(target)


def _place(form: IntakeForm, error: DomainError) -> list[str]:
    """Put an error at its field; several missing fields each get theirs."""
    missing = error.details.get("missing")
    if not missing:
        return form.refuse(error)
    for name in missing:
        form[name].errors = [*form[name].errors, _("Fill this in.")]
    return []


def _place_the_rest(form: IntakeForm, found: Found) -> None:
    """Say everything that is wrong at once, not one thing after the other."""
    if not (form.text.data or "").strip() and not form.text.errors:
        form.text.errors = [_("Fill this in.")]
    problem = found.lookup.problem if found.lookup and not found.meant_number else ""
    if problem and not form.phone.errors:
        form.phone.errors = [problem]


def _intake_data(ctx: Ctx, form: IntakeForm, found: Found) -> IntakeData:
    """The form as values, with what was chosen."""
    name, device = (form.name.data or "").strip(), found.device
    contact = ContactData(
        channel=form.channel.data,
        phone=found.meant_number or form.phone.data or "",
        customer_id=found.customer.id if found.customer else None,
        device_id=device.id if device else None,
        unit_id=_own_unit(ctx) if found.customer is None else None,
        caller_name=(form.caller_name.data or "").strip() or (found.customer.name if found.customer else name),
        address=form.address.data or "",
        model=form.model.data or "",
        purchase_date=form.purchase_date.data,
        matter=form.matter.data,
        text=form.text.data or "",
        cause=form.cause.data or "",
        appearance=form.appearance.data or "",
        external_key=f"intake:{form.token.data}" if form.token.data else None,
    )
    customer = None
    if found.customer is None:
        customer = CustomerData(
            name=name,
            kind=form.kind.data or "person",
            klass=form.klass.data or "",
            address=form.address.data or "",
            unit_id=_own_unit(ctx),
        )
    keep = bool(form.keep_number.data) and found.strange_number
    return IntakeData(contact, customer, keep, _new_unit(ctx, form, device))


def _own_unit(ctx: Ctx) -> int | None:
    """The organisation unit of somebody who sees only that one; what others take in belongs to the whole company."""
    membership = ctx.memo.get("membership")
    return membership.unit_id if membership is not None and ctx.actor.unit_ids is not None else None


def _new_unit(ctx: Ctx, form: IntakeForm, device: Unit | None) -> UnitData | None:
    """A unit to register: its product is one of ours and its serial number was given."""
    serial, model = (form.serial.data or "").strip(), (form.model.data or "").strip()
    if device is not None or not serial or not model:
        return None
    fitting = [
        p for p in queries.search_products(ctx, "", limit=300) if model in (product_words(p), p.code, p.model, p.name)
    ]
    return UnitData(fitting[0].id, serial=serial, sale_date=form.purchase_date.data) if len(fitting) == 1 else None


def _target(ctx: Ctx, contact: Contact, step: str) -> str | None:
    """Where the chosen offer leads, with the contact's id; None when it was only to be recorded."""
    if step == ONLY_RECORD:
        return None
    offers, _failed = _offers(ctx, contact)
    offer = next((o for o in offers if o.key == step), None)
    return with_contact(offer.url, contact.id) if offer else None


def with_contact(url: str, contact_id: int) -> str:
    """``url`` with ``contact_id`` among its arguments."""
    parts = urlsplit(url)
    arguments = dict(parse_qsl(parts.query, keep_blank_values=True))
    return urlunsplit(parts._replace(query=urlencode({**arguments, "contact_id": str(contact_id)})))
