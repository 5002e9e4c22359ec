"""Call quality across emulated links, in real Chromium: `python -m benchmarks.network`."""
