"""What workforce reads, a module per part. ``fit_for`` is what others ask most."""

from plugins.workforce.queries.fit import fit_for
from plugins.workforce.queries.skills import needs_of

__all__ = ["fit_for", "needs_of"]
