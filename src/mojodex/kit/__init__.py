"""Pure building blocks: clock, ids, errors, pagination, text. No settings, no I/O, no domain."""
