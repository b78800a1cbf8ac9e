"""Adverse events with devices, and the register of implants."""
