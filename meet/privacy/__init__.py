"""What is kept of a person, together: to be told, exported and erased (GDPR articles 15, 17 and 20)."""
