"""Certificate authorities for tests: certificates for servers by names and addresses, and for clients."""

import datetime
import ipaddress
import pathlib
import typing

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


class Issued(typing.NamedTuple):
    pem: pathlib.Path
    key: pathlib.Path
    der: bytes


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _write_key(path: pathlib.Path, key: typing.Any) -> None:
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    path.chmod(0o600)


class Authority:
    """An authority of its own, whose certificate is `pem`."""

    def __init__(self, folder: pathlib.Path, common: str) -> None:
        self.folder, self.common = folder, common
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.now = datetime.datetime.now(datetime.timezone.utc)
        self.certificate = (
            self._builder(common, self.key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(self.key, hashes.SHA256())
        )
        self.pem = folder / f"{common}.pem"
        self.pem.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))

    def _builder(self, common: str, public: typing.Any, days: typing.Tuple[int, int] = (-1, 30)) -> typing.Any:
        return (
            x509.CertificateBuilder()
            .subject_name(_name(common))
            .issuer_name(_name(self.common))
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.now + datetime.timedelta(days=days[0]))
            .not_valid_after(self.now + datetime.timedelta(days=days[1]))
        )

    def server(self, file: str, names: typing.Sequence[str], use_rsa: bool = False) -> Issued:
        """For host names and addresses."""
        key: typing.Any = (
            rsa.generate_private_key(65537, 2048) if use_rsa else ec.generate_private_key(ec.SECP256R1())
        )
        alternatives: typing.List[x509.GeneralName] = []
        for name in names:
            try:
                alternatives.append(x509.IPAddress(ipaddress.ip_address(name)))
            except ValueError:
                alternatives.append(x509.DNSName(name))
        builder = self._builder(file, key.public_key()).add_extension(
            x509.SubjectAlternativeName(alternatives), critical=False
        )
        return self._issue(file, builder, key, ExtendedKeyUsageOID.SERVER_AUTH)

    def client(self, file: str, days: typing.Tuple[int, int] = (-1, 30)) -> Issued:
        """For somebody who signs in."""
        key = ec.generate_private_key(ec.SECP256R1())
        return self._issue(
            file, self._builder(file, key.public_key(), days), key, ExtendedKeyUsageOID.CLIENT_AUTH
        )

    def _issue(self, file: str, builder: typing.Any, key: typing.Any, usage: typing.Any) -> Issued:
        certificate = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False).sign(
            self.key, hashes.SHA256()
        )
        pem, key_file = self.folder / f"{file}.pem", self.folder / f"{file}.key"
        pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        _write_key(key_file, key)
        return Issued(pem, key_file, certificate.public_bytes(serialization.Encoding.DER))
