"""Tables of callback, a module per part."""

from plugins.callback.models.calling import CallDraft, Promise, Try
from plugins.callback.models.calls import Call, Need, Period, Preference
from plugins.callback.models.desk import MissedCall
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
from plugins.callback.models.tally import ChangedDay, Tally

__all__ = [
    "Call",
    "CallDraft",
    "Campaign",
    "CampaignDay",
    "ChangedDay",
    "Invitation",
    "Mark",
    "Move",
    "MissedCall",
    "Need",
    "Period",
    "Preference",
    "Promise",
    "Response",
    "Survey",
    "SurveyTask",
    "SurveyVersion",
    "Tally",
    "Try",
]
