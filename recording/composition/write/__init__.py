"""From pictures and sound to files: encoding, packaging, stills, chapters."""
