"""What people fill in on a pass's page."""

from __future__ import annotations

from wtforms import DateField, StringField
from wtforms.validators import DataRequired, Length

from core.api import N_
from core.web_api import SanbaoForm, VersionedForm
from sitepass.models import Pass


class LendForm(SanbaoForm):
    """Who takes the pass over."""

    holder = StringField(N_("Carried by"), [DataRequired(), Length(max=120)])


class ChangeForm(VersionedForm, LendForm):
    """Who carries it and when it must be back; refused when somebody else changed the pass meanwhile."""

    back_by = DateField(N_("Back by"), [DataRequired()])

    def shown(self, record: Pass) -> dict:
        """What stands in the form when it is opened."""
        return {"holder": record.holder, "back_by": record.back_by}
