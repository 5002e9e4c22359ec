"""Statistics of meetings: to come. The app exists so that its tables get their own name from the start."""
