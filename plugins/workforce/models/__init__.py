"""Tables of workforce, a module per part."""

from plugins.workforce.models.skills import Certificate, Skill

__all__ = ["Certificate", "Skill"]
