"""How the admin writes times: one format, which sorts and names its zone. The server's zone is UTC."""
