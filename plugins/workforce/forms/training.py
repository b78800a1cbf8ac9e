"""Forms of training."""

from __future__ import annotations

from wtforms import BooleanField, DateField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from core.api import N_
from core.web_api import MomentField, SanbaoForm
from plugins.workforce.forms.common import VersionForm


class Ticks(SelectMultipleField):
    """Several of the values offered, each a box to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class TrainingForm(VersionForm):
    """A training of the plan."""

    title = StringField(N_("What is trained"), [InputRequired(), Length(max=200)])
    due_on = DateField(N_("To be held by"), [InputRequired()])
    audience = StringField(N_("Audience"), [Length(max=200)])
    skill_id = SelectField(N_("Who passes gets"), coerce=int)
    user_id = SelectField(N_("Sees to it"), coerce=int)
    unit_id = SelectField(N_("Organisation unit"), coerce=int)
    need = TextAreaField(N_("Why it is needed"), [Length(max=2000)], render_kw={"rows": 2})
    open = BooleanField(N_("Still to be held"), default=True)


class SessionForm(SanbaoForm):
    """A time at which a training is held."""

    starts_at = MomentField(N_("Begins at"), [InputRequired()])
    ends_at = MomentField(N_("Ends at"), [InputRequired()])
    place = StringField(N_("Place"), [Length(max=120)])
    trainer = StringField(N_("Trainer"), [Length(max=120)])
    people = Ticks(N_("People invited"), coerce=int)


class InviteForm(SanbaoForm):
    """Further people for a session."""

    people = Ticks(N_("Further people"), coerce=int)
