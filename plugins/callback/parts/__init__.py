"""What each part of callback declares and answers: permissions, settings, and a function per hook of the same name.

A part is a module named in ``PARTS``. A hook of a module that may be absent is marked ``hookimpl(optionalhook=True)``.
"""

from __future__ import annotations

from types import ModuleType

from plugins.callback.parts import call_surveys, calling, calls, desk, evidence, plans, surveys

PARTS: tuple[ModuleType, ...] = (calls, plans, surveys, calling, call_surveys, desk, evidence)
