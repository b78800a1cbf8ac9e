"""Hooks that this plugin offers to others, beside those of the core. Implement them with ``core.api.hookimpl``."""

from __future__ import annotations

from core.api import hookspec


@hookspec
def centre_report_figures(ctx, unit, begins, ends):
    """Collect: a list of ``plugins.complaints.contracts.CentreFigure``: what the report of a regional centre (``unit``)
    says about the days from ``begins`` to ``ends``, both included: complaints, repairs, parts.
    """
