"""Tables of callback, a module per part."""

from plugins.callback.models.calls import Call, Need, Period, Preference
from plugins.callback.models.planning import Move
from plugins.callback.models.surveys import (
    Campaign,
    CampaignDay,
    Invitation,
    Mark,
    Response,
    Survey,
    SurveyTask,
    SurveyVersion,
)

__all__ = [
    "Call",
    "Campaign",
    "CampaignDay",
    "Invitation",
    "Mark",
    "Move",
    "Need",
    "Period",
    "Preference",
    "Response",
    "Survey",
    "SurveyTask",
    "SurveyVersion",
]
