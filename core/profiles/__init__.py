"""Industry profiles: a folder of data files that sets a company up, applied as often as one likes.

A profile switches modules on and brings organisation, calendars, roles, settings, rule tables and checklists. Applying
it shows first what it will do, keeps what the company has changed itself, and shows where both have changed.
"""

from core.profiles.applying import Outcome, Step, apply_profile, plan
from core.profiles.export import export_profile
from core.profiles.folder import Profile, ProfileError, available, find_profile, read_profile

__all__ = [
    "Outcome",
    "Profile",
    "ProfileError",
    "Step",
    "apply_profile",
    "available",
    "export_profile",
    "find_profile",
    "plan",
    "read_profile",
]
