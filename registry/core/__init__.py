"""What everything above stands on: settings, clock, connection, permits, memo; nothing here reads a
request."""
