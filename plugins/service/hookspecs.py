"""Hooks that this plugin offers to others, beside those of the core. Implement them with ``core.api.hookimpl``."""

from __future__ import annotations

from core.api import hookspec


@hookspec
def people_for_order(ctx, order, moment):
    """Ask: a mapping user id → ``(may go, [sentences why or why not], facts)`` for all people who are known, asked once
    for everybody: may he or she be sent to ``order`` (a row with kind, product, site, region) at ``moment``?
    ``facts``, a mapping, may be left out: ``certified`` and ``on_roster`` (true, false) count in the table
    ``service.proposals``. Nobody answers: every member with the right to work on orders may be sent.
    """


@hookspec
def order_next(ctx, order):
    """Collect: a list of ``plugins.service.contracts.NextStep``: what this person should do next on ``order`` (a row).
    Of all that is answered the one with the greatest weight is the button on the order's page and in "My work".
    """
