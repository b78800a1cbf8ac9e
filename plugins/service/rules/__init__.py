"""Pure decisions about service orders: values in, values out. No database, no clock."""
