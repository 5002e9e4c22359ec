"""Which nodes there are, which room lives on which, and the tickets that open a room there."""
