"""The rules room: pure judgement, values in and verdict out, no database, no request and no clock."""
