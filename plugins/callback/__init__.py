"""Callbacks: every promise to call is planned, kept and shown."""
