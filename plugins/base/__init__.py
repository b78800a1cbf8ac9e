"""Customers, sites, products, units (the installed base), sales records, the call register and the intake page."""
