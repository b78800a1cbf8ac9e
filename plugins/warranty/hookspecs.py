"""Hooks that this plugin offers to others. Implement or ask them with ``core.api``."""

from __future__ import annotations

from core.api import hookspec


@hookspec
def find_coverage(ctx, case):
    """Ask: decide the ``CoverageCase`` (``plugins.warranty.contracts``) and answer a ``CoverageAnswer``.

    The decision is stored with rule set, version, row and facts; ``answer.state`` says whether it stands, was left to a
    person, or waits for an approval. With ``case.former_id`` that decision is taken again, and both stay. Raises
    Invalid, in words, when it can't be decided. With warranty off nobody answers, and a person decides by hand.
    """


@hookspec
def coverage_about(ctx, ref):
    """Ask: the newest ``CoverageAnswer`` that was decided about the record ``ref`` (a RecordRef); None without one."""
