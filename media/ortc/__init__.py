"""ORTC as mediasoup defines it: JSON shapes, capabilities and negotiation without SDP."""
