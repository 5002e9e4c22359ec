"""What a process counts of itself, for Prometheus: what there is in `catalogue`, and a module for each role."""
