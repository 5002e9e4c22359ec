"""RTP and RTCP packets as the RFCs have them, and arithmetic on their numbers."""
