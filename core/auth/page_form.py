"""The form of the pages on accounts, people and the installation."""

from __future__ import annotations

from core.errors import DomainError
from core.web.forms import SanbaoForm


class PageForm(SanbaoForm):
    """A form that keeps what belongs to no field for the summary above it."""

    def refuse(self, error: DomainError) -> list[str]:
        """Show a refusal at the field that it names, else above the form."""
        rest = super().refuse(error)
        self.form_errors.extend(rest)
        return rest

    @property
    def status(self) -> int:
        """The status of a page that shows this form: 422 once something in it was refused."""
        return 422 if self.errors else 200
