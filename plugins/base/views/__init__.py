"""The pages: intake, and one page for each kind of record."""

from plugins.base.views import intake, parts, records, suppliers  # noqa: F401 - their routes hang on the blueprint
from plugins.base.views.blueprint import blueprint

__all__ = ["blueprint"]
