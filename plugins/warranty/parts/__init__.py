"""What each part of warranty declares and answers: permissions, settings, and a function per hook of the same name.

``plugin.py`` joins them. A part is a module with ``PERMISSIONS`` and ``SETTINGS``; a hook's function takes the hook's
arguments in their order and answers a list.
"""
