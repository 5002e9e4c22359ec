"""A self-signed certificate for trying things out in a local network: browsers give cameras to https only."""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
import socket
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from meet.run.addresses import LOOPBACK, primary_address

if TYPE_CHECKING:
    from pathlib import Path

    from meet.config import Config

# Apple's limit for certificates that a user trusts by hand.
LIFETIME: Final = dt.timedelta(days=397)
RENEW_BEFORE: Final = dt.timedelta(days=14)


def certificate_for(config: Config) -> Path | None:
    """The certificate that this machine's servers use; None where they serve plain http."""
    return ensure_certificate(config.data_path, [primary_address() or LOOPBACK]) if config.tls else None


def ensure_certificate(folder: Path, addresses: list[str]) -> Path:
    """The PEM file with key and certificate for localhost and these IP addresses, made anew when it doesn't fit."""
    path = folder / "self-signed.pem"
    if not (path.exists() and _fits(path.read_bytes(), addresses)):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(make_certificate(addresses))
    return path


def make_certificate(addresses: list[str]) -> bytes:
    """PEM of an ECDSA P-256 key and its certificate (RFC 5280)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "meet (self-signed)")])
    now = dt.datetime.now(dt.UTC)
    names: list[x509.GeneralName] = [x509.DNSName("localhost"), x509.DNSName(socket.gethostname())]
    names += [x509.IPAddress(ipaddress.ip_address(address)) for address in dict.fromkeys(["127.0.0.1", *addresses])]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)


def _fits(pem: bytes, addresses: list[str]) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, x509.ExtensionNotFound):
        return False
    covered = {str(address) for address in names.get_values_for_type(x509.IPAddress)}
    remaining = certificate.not_valid_after_utc - dt.datetime.now(dt.UTC)
    return remaining > RENEW_BEFORE and covered.issuperset(addresses)
