"""From a capture's files to frames and sound at their moments."""
