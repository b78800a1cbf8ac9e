"""Tables of this plugin, a module per subject."""

from plugins.vigilance.models.events import AdverseEvent, Duty
from plugins.vigilance.models.implants import Implant

__all__ = ["AdverseEvent", "Duty", "Implant"]
