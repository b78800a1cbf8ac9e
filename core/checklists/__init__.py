"""Checklists: templates as data, put on records by the company's rules, answered at the desk and on the phone."""
