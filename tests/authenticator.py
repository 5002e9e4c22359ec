"""An authenticator in software (W3C Web Authentication level 3, section 6): one ES256 key, no attestation."""

from __future__ import annotations

import hashlib
import json
import secrets
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData

PRESENT = AuthenticatorData.FLAG.UP
ATTESTED = AuthenticatorData.FLAG.AT


class Authenticator:
    """`counter` goes up with each use; a copy's would not."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._id = secrets.token_bytes(32)
        self.counter = 0

    def make(self, options: dict[str, Any], origin: str) -> str:
        """The browser's answer to `navigator.credentials.create`, as JSON."""
        public = ES256.from_cryptography_key(self._key.public_key())  # type: ignore[no-untyped-call]
        credential = AttestedCredentialData.create(b"\0" * 16, self._id, public)
        data = AuthenticatorData.create(_hash(options["rp"]["id"]), PRESENT | ATTESTED, self.counter, bytes(credential))
        client = _client("webauthn.create", options, origin)
        attestation = AttestationObject.create("none", data, {})
        return self._answer({"clientDataJSON": client, "attestationObject": bytes(attestation)})

    def use(self, options: dict[str, Any], origin: str) -> str:
        """The browser's answer to `navigator.credentials.get`, as JSON."""
        self.counter += 1
        data = bytes(AuthenticatorData.create(_hash(options["rpId"]), PRESENT, self.counter))
        client = _client("webauthn.get", options, origin)
        signature = self._key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._answer({"clientDataJSON": client, "authenticatorData": data, "signature": signature})

    def _answer(self, response: dict[str, bytes]) -> str:
        encoded = {name: websafe_encode(value) for name, value in response.items()}
        name = websafe_encode(self._id)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": encoded})


def _hash(host: str) -> bytes:
    return hashlib.sha256(host.encode()).digest()


def _client(kind: str, options: dict[str, Any], origin: str) -> bytes:
    return json.dumps({"type": kind, "challenge": options["challenge"], "origin": origin}).encode()
