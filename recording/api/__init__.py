"""Recordings by the Server API (spec: "Server Endpoints", "Getting Recorded Video")."""
