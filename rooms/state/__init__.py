"""The room as a pure state machine: commands in, events and effects out. No I/O, no clock, no Django."""
