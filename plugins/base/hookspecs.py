"""Hooks that this plugin offers to others, beside those of the core. Implement them with ``core.api.hookimpl``."""

from __future__ import annotations

from core.api import hookspec


@hookspec
def customer_figures(ctx, customer):
    """Collect: a list of ``plugins.base.contracts.CustomerFigure`` for a customer's head: open orders, money owed."""


@hookspec
def intake_promises(ctx, contact):
    """Collect: a list of ``plugins.base.contracts.Promise``: what the customer may be told while the case is taken in.

    ``contact`` is not saved yet: it has no id, and whatever has not been entered is empty.
    """


@hookspec
def unit_badges(ctx, device_ids):
    """Collect: a mapping unit id → list of ``plugins.base.contracts.UnitBadge``: what is shown with a unit wherever it
    stands, in lists too; so it takes the same few statements however many units are asked about.
    """


@hookspec
def evidence_of_sale(ctx, sale):
    """Collect: a list of ``plugins.base.contracts.Evidence``: what is on record of a sale (a row of the sales ledger)
    and what of it lacks: its quality tracking, the customer's opinion (INS-10). Shown on the page of the sale.
    """


@hookspec
def finished_cases(ctx, begins, ends):
    """Collect: a list of ``plugins.base.contracts.FinishedCase``: the cases of this plugin that were finished from
    ``begins`` until before ``ends`` (moments), whoever sees them. Who asks customers about their cases asks for all.
    """


@hookspec
def open_complaint(ctx, told):
    """Ask: take in what a customer is not content with, told as ``plugins.base.contracts.ComplaintTold``; answers the
    RecordRef of the case. The same ``key`` answers the same case. Nobody answers: there is no module for complaints.
    """


@hookspec
def open_service(ctx, wanted):
    """Ask: open an order for work that another module needs, told as ``plugins.base.contracts.ServiceWanted``; answers
    the RecordRef of the order. The same ``key`` answers the same order. Nobody answers: there is no module for orders,
    and the work is a task of whoever asked.
    """


@hookspec
def may_charge(ctx, ref):
    """Ask: whether this person may put a charge on the record ``ref`` now; None where the record is not one of the
    module that answers. Nobody answers: there is no module that charges.
    """


@hookspec
def put_charge(ctx, told):
    """Ask: put what the customer is to pay on a record, told as ``plugins.base.contracts.ChargeTold``; answers in words
    what was done, None for a record that takes no charges. The same ``key`` charges once. Raises Conflict or Forbidden,
    in words, where the record can't be charged any more or not by this person.
    """


@hookspec
def technician_ratings(ctx, begins, ends):
    """Collect: a list of ``plugins.base.contracts.TechnicianRating``: how customers graded people from ``begins`` until
    before ``ends`` (moments), by person and aspect. Who evaluates a month adds up what all modules answer.
    """


@hookspec
def supplier_claims(ctx, supplier_id, since, until):
    """Ask: what was claimed from a supplier between two days, both included, as
    ``plugins.base.contracts.ClaimFigures``. Nobody answers: there is no module that claims.
    """


@hookspec
def duty_plans(ctx, begins, ends, code):
    """Ask: how duty rosters are covered from ``begins`` until before ``ends`` (moments): a list of
    ``plugins.base.contracts.DutyPlan``, of the roster ``code`` or, where it is empty, of all in use. Nobody answers:
    there is no module for duty.
    """
