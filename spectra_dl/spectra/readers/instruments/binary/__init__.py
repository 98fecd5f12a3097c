"""Binary files of instruments: their structure validated before a number is read."""
