"""What everything above stands on: settings, clock, connection, permits, memo.

Nothing here reads a request.
"""
