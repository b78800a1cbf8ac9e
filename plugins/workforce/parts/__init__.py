"""What each part of workforce declares and answers: permissions, settings, and a function per hook of the same name.

A part is a module named in ``PARTS``. A hook of a module that may be absent is marked ``hookimpl(optionalhook=True)``.
"""

from __future__ import annotations

from types import ModuleType

from plugins.workforce.parts import duty, leave, skills, training

PARTS: tuple[ModuleType, ...] = (skills, leave, duty, training)
