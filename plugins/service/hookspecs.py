"""Hooks that this plugin offers to others, beside those of the core. Implement them with ``core.api.hookimpl``."""

from __future__ import annotations

from core.api import hookspec


@hookspec
def people_for_order(ctx, order, moment):
    """Ask: a mapping user id → ``(may go, [sentences why or why not])`` for all people who are known, asked once for
    everybody: may he or she be sent to ``order`` (a row with kind, product, site, region) at ``moment``?

    An answer may have an attribute ``fit`` with ``held`` and ``lacking`` (what the work needs, by name) and
    ``on_roster`` (duty at that moment, by name): they count in the table ``service.proposals``. Nobody answers: every
    member with the right to work on orders may be sent.
    """


@hookspec
def charges_of_quote(ctx, order):
    """Ask: the lines of the quote that the customer accepted for ``order`` (a row): a list of mappings with ``key``
    (stable over calls), ``kind`` (labour, travel, part, other), ``code``, ``label``, ``quantity``, ``unit_price``,
    ``amount``, ``payer`` (customer, company, supplier, contract) and ``why``; None when none was accepted. Nobody
    answers: charges are entered by hand.
    """


@hookspec
def price_of_charge(ctx, order, kind, code, quantity):
    """Ask: a mapping with ``label``, ``unit_price``, ``why`` and ``minimum`` (the least that is charged, may be None):
    what a charge of this kind and code costs on ``order`` (a row) by a price list; None when no list has it. Nobody
    answers: prices are entered by hand.
    """


@hookspec
def part_price(ctx, order, code):
    """Ask: what the part ``code`` costs today by its own sale price, where ``price_of_charge`` knows none: a mapping
    with ``label``, ``unit_price``, ``why`` and ``minimum`` as there; None when it has no price. Nobody answers: prices
    are entered by hand.
    """


@hookspec
def orders_next(ctx, orders):
    """Collect: a list of pairs (order's id, ``plugins.service.contracts.NextStep``): what this person should do next on
    each of ``orders`` (rows). Of all that is answered for an order the one with the greatest weight is the button on
    its page and in "My work". Whoever reads for it, reads for all of them at once: "My work" asks for fifty.
    """


@hookspec
def parts_for_order(ctx, order):
    """Ask: a list of ``PartOffer`` (``plugins.service.visit_contracts``): the parts that may be brought to, and used
    on, ``order`` (a row) by this person. Nobody answers: parts are written by hand.
    """


@hookspec
def reserve_parts(ctx, order, parts):
    """Ask: keep ``parts`` (a mapping ref → quantity planned in all) for ``order``; raises Invalid or Conflict, in
    words, when there are not enough. Told again whenever the plan changes; 0 sets free. Answers nothing.
    """


@hookspec
def use_parts(ctx, order, uses, once):
    """Ask: book what was used, all of it at once, told as a list of ``PartUse``: ``quantity`` in all, ``before`` as
    told last. ``once`` is the same when the same is told again. Raises Invalid or Conflict, in words, when any of it
    can't be; then nothing of what was sent is kept. Answers nothing.
    """


@hookspec
def loaner(ctx, order):
    """Ask: a ``Loaner``: what the customer of ``order`` has or may have on loan meanwhile; None when nothing is."""


@hookspec
def meters_of(ctx, device_id):
    """Ask: the usage meters of the unit ``device_id`` that this person may read, each as (code, label, what it showed
    last in words). Nobody answers: a visit has no readings.
    """


@hookspec
def take_reading(ctx, device_id, code, value, key):
    """Ask: keep the reading ``value`` (a Decimal) of the meter ``code`` of a unit, taken today on a visit. Raises
    Invalid, in words, when it can't be right. ``key`` is the same when the same is told again.
    """


@hookspec
def part_source(ctx, order, part, number):
    """Ask: where a part that is missing on ``order`` (a row) comes from: a choice of ``source`` of the table
    ``service.part_sources`` (``stock``, ``country``, ``abroad`` …), by its name and number as written; None when it is
    not known. Nobody answers: a person chooses.
    """


@hookspec
def contracts_for_plan(ctx, customer_id, on):
    """Ask: the contracts of a customer under which visits may be planned on the day ``on``, each as (RecordRef, how it
    is called). Nobody answers: plans have no contract.
    """


@hookspec
def visits_allowed(ctx, contract, on):
    """Ask: what the contract (a RecordRef) of a plan still includes on the day ``on``, as (how it is called, visits
    left as a Decimal, None without a limit, and that in words). A planned visit beyond it is held back until somebody
    decides. Nobody answers: visits are opened, and who pays is decided on the order.
    """


@hookspec
def book_visit(ctx, contract, order, on, begun_on, once):
    """Ask: book a visit that was made on the day ``on`` for ``order`` (a row) under the contract (a RecordRef) of its
    plan; the work began on ``begun_on``. ``once`` is the same when the same is told again. Answers in words what is
    left; raises Invalid or Conflict, in words, when it can't be booked.
    """


@hookspec
def unbook_visit(ctx, order, reason):
    """Ask: take back, by a counter-entry, what was booked for ``order`` (a RecordRef): it goes on, for ``reason``.
    Answers whether something was.
    """
