"""The form of an evaluation: the period, a score for each criterion of the company's list, a remark."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wtforms import DateField, RadioField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from core.api import N_, label
from core.web_api import SanbaoForm
from plugins.inventory.evaluation_contracts import BEST


class EvaluationForm(SanbaoForm):
    """The period and what has to be said beside the scores."""

    since = DateField(N_("First day"), [InputRequired()])
    until = DateField(N_("Last day"), [InputRequired()])
    note = TextAreaField(N_("Note"), [Length(max=2000)], render_kw={"rows": 2})


def evaluation_form(criteria: Mapping[str, Mapping[str, str]], **given: Any) -> EvaluationForm:
    """The form with one row of scores for each criterion; none has to be given."""
    choices = [(str(n), str(n)) for n in range(1, BEST + 1)]
    fields = {
        f"score_{code}": RadioField(label(words), [Optional()], choices=choices) for code, words in criteria.items()
    }
    return type("Evaluation", (EvaluationForm,), fields)(**given)


def scores_of(form: EvaluationForm, criteria: Mapping[str, Any]) -> dict[str, int]:
    """Criterion → the score that was given."""
    found = {code: form[f"score_{code}"].data for code in criteria}
    return {code: int(text) for code, text in found.items() if text}
