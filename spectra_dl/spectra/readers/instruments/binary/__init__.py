"""Binary files of instruments: walked and measured before a number is believed."""
