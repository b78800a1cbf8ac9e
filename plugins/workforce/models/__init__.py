"""Tables of workforce, a module per part."""

from plugins.workforce.models.leave import Leave
from plugins.workforce.models.rosters import CallIn, PatternLine, PoolMember, Roster, Shift, Swap
from plugins.workforce.models.skills import Certificate, Skill
from plugins.workforce.models.training import Attendance, Training, TrainingSession

__all__ = [
    "Attendance",
    "CallIn",
    "Certificate",
    "Leave",
    "PatternLine",
    "PoolMember",
    "Roster",
    "Shift",
    "Skill",
    "Swap",
    "Training",
    "TrainingSession",
]
