"""Loading records of service orders from files. One module per part."""
