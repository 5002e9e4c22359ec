"""What the administrators of an account see of its meetings, day by day. Days are those of UTC."""
