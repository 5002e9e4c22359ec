"""Who may do what: for now, the keys that participants' tokens are signed with."""
