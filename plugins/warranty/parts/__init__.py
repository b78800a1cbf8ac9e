"""What each part of warranty declares and answers: permissions, settings, and a function per hook of the same name.

A part is a module named in ``PARTS``, with ``PERMISSIONS`` and ``SETTINGS``. A hook of a module that may be absent is
marked ``hookimpl(optionalhook=True)``.
"""

from __future__ import annotations

from types import ModuleType

from plugins.warranty.parts import agreements, coverage, periods, quotes, suppliers, terms

PARTS: tuple[ModuleType, ...] = (terms, periods, quotes, coverage, agreements, suppliers)
