"""Tables of callback, a module per part."""

from plugins.callback.models.calls import Call, Need, Period, Preference

__all__ = ["Call", "Need", "Period", "Preference"]
