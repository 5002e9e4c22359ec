"""What people show beside their password at the admin's login.

Codes of an app (RFC 6238), passkeys (W3C Web Authentication) and, where these are lost, recovery codes. Accounts say
who must have one (`policy`).
"""
