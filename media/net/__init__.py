"""Datagrams and what secures them: UDP, STUN, ICE, DTLS, SRTP, SCTP."""
