"""What all of the Server API shares: who asks, how often, and how errors are told."""
