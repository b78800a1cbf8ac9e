"""Complaints and suggestions: taken in from every channel, routed, answered and closed under time limits."""
