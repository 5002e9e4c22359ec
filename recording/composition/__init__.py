"""From what was captured to the finished video: pure reading, composing and encoding. No Django, no network."""
