"""The form that orders archiving."""

from __future__ import annotations

from wtforms import IntegerField
from wtforms.validators import InputRequired, NumberRange

from core.api import N_
from core.web_api import SanbaoForm
from plugins.service.services.archiving import LONGEST


class ArchiveForm(SanbaoForm):
    days = IntegerField(N_("Closed at least so many days ago"), [InputRequired(), NumberRange(min=0, max=LONGEST)])
