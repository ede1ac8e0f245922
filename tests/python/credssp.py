"""CredSSP of one connection by pyspnego's acceptor, honest or spoilt on order, and WinRM's sealing by its TLS channel."""

import re
import ssl
import struct
import threading
import typing

import sealing
import spnego._credssp
import spnego.tls
from spnego._credssp_structures import TSRequest

PROTOCOL = "application/HTTP-CredSSP-session-encrypted"
BLOCK = 16384

#: The forms that a server may have: `/shape/credssp-VERSION-TLS`.
FORM = re.compile(r"credssp-([2-6])-tls1([23])")

_handshake = threading.local()
_public_key_proof = spnego._credssp._get_pub_key_auth


def _spoilt_proof(key: bytes, usage: str, nonce: typing.Optional[bytes] = None) -> bytes:
    """The proof of the acceptor, as somebody would make it who cannot make the right one."""
    act = getattr(_handshake, "act", "")
    if usage == "accept" and act == "credssp-other-key":
        key = key[:-1] + bytes([key[-1] ^ 1])
    elif usage == "accept" and act == "credssp-reflected":
        usage = "initiate"
    elif usage == "accept" and act == "credssp-old-proof":
        nonce = None
    elif usage == "accept" and act == "credssp-other-nonce" and nonce:
        nonce = nonce[:-1] + bytes([nonce[-1] ^ 1])
    return _public_key_proof(key, usage, nonce)


spnego._credssp._get_pub_key_auth = _spoilt_proof


class Acceptor(spnego._credssp.CredSSPProxy):
    """pyspnego's acceptor, of any version, with the messages of a hostile one where that is ordered."""

    version = 6
    act = ""
    #: How often a client has begun to hand its password over.
    passwords = 0

    def _yield_ts_request(
        self, ts_request: TSRequest, context_msg: str
    ) -> typing.Generator[bytes, bytes, TSRequest]:
        self._auth_stage = context_msg
        ts_request.version = self.version
        if ts_request.error_code and self.version in (2, 5):
            # These have no place for it.
            raise spnego.exceptions.InvalidTokenError(context_msg="refused")
        message = ts_request.pack()
        if self.act == "credssp-truncated":
            message = message[:-1]
        elif self.act == "credssp-trailing":
            message += b"\x00"
        elif self.act == "credssp-no-proof" and ts_request.pub_key_auth:
            ts_request.pub_key_auth = None
            message = ts_request.pack()
        elif self.act == "credssp-status" and ts_request.pub_key_auth:
            message = TSRequest(self.version, error_code=-1073741260).pack()
        token = message if self.act == "credssp-unprotected" else self.wrap(message).data
        if self.act == "credssp-changed":
            token = token[:-1] + bytes([token[-1] ^ 1])
        elif self.act == "credssp-repeated" and ts_request.pub_key_auth:
            token = self.last
        self.last = token
        answer = yield token
        request = TSRequest.unpack(self.unwrap(answer).data)
        if request.auth_info:
            self.passwords += 1
        return request


def _tls(minor: int) -> spnego.tls.CredSSPTLSContext:
    """A context that speaks TLS 1.`minor` only."""
    tls = spnego._credssp._create_tls_context("accept")
    version = ssl.TLSVersion.TLSv1_3 if minor == 3 else ssl.TLSVersion.TLSv1_2
    tls.context.minimum_version = tls.context.maximum_version = version
    return tls


class Connection:
    """The security context of one TCP connection; the counterpart of `sealing.Connection`."""

    scheme = "CredSSP"
    raw_ntlm = bound = delegated = False

    def __init__(self, act: str) -> None:
        form = FORM.fullmatch(act)
        version, self._tls_minor = (int(form[1]), int(form[2])) if form else (6, 3)
        if act.startswith("credssp-version-"):
            version = int(act.rpartition("-")[2])
        self._act = act
        self.content_type = ""
        self.context = Acceptor(usage="accept", credssp_tls_context=_tls(self._tls_minor))
        self.context.version, self.context.act = version, act
        self._last_sealed: typing.Optional[bytes] = None

    @property
    def authenticated(self) -> bool:
        return self.context.complete

    @property
    def principal(self) -> typing.Optional[str]:
        return self.context.client_principal if self.authenticated else None

    @property
    def mechanism(self) -> typing.Optional[str]:
        return self.context.negotiated_protocol

    @property
    def handed_over(self) -> typing.Optional[typing.Dict[str, typing.Any]]:
        """What the client has handed over."""
        if not self.authenticated:
            return None
        given = self.context.get_extra_info("client_credential")
        return {
            "version": self.context.version,
            "tls": self.context.get_extra_info("ssl_object").version(),
            "domain": given.domain_name,
            "user": given.username,
            "password": given.password,
        }

    def step(self, token: bytes) -> typing.Optional[bytes]:
        """The token to answer, if any; an empty one is an answer too."""
        _handshake.act = self._act
        return self.context.step(token)

    def unseal(self, body: bytes, content_type: str) -> bytes:
        """A sealed body to its text. Blocks are found by the lengths of their TLS records alone."""
        kind = content_type.partition(";")[0]
        if f'protocol="{PROTOCOL}"' not in content_type or f'boundary="{sealing.BOUNDARY}"' not in content_type:
            raise sealing.SealError(f"content type {content_type!r}")
        mark = re.escape(sealing.BOUNDARY.encode())
        head = re.compile(
            rb"--" + mark + rb"\r\n\tContent-Type: " + re.escape(PROTOCOL.encode())
            + rb"\r\n\tOriginalContent: type=application/soap\+xml;charset=UTF-8;Length=(\d+)\r\n--" + mark
            + rb"\r\n\tContent-Type: application/octet-stream\r\n"
        )
        end = b"--" + sealing.BOUNDARY.encode() + b"--\r\n"
        texts, at = [], 0
        while body[at:] != end:
            part = head.match(body, at)
            if not part:
                raise sealing.SealError(f"framing at {at}")
            (length,) = struct.unpack_from("<I", body, part.end())
            if length != (17 if self._tls_minor == 3 else 16):
                raise sealing.SealError(f"trailer of {length} bytes")
            start = part.end() + 4
            (record,) = struct.unpack_from(">H", body, start + 3)
            at = start + 5 + record
            text = self.context.unwrap_winrm(body[start : start + length], body[start + length : at])
            if len(text) != int(part[1]) or len(text) > BLOCK:
                raise sealing.SealError("Length does not match")
            texts.append(text)
        if any(len(text) != BLOCK for text in texts[:-1]):
            raise sealing.SealError("a block in the middle is not full")
        if kind != ("multipart/x-multi-encrypted" if len(texts) > 1 else "multipart/encrypted"):
            raise sealing.SealError(f"{len(texts)} blocks in {kind}")
        return b"".join(texts)

    def seal(self, plain: bytes, hostile: str = "") -> bytes:
        """Seals an answer; `hostile` spoils it."""
        if hostile == "replayed" and self._last_sealed is not None:
            return self._last_sealed
        if hostile == "reordered":
            self.context.wrap_winrm(plain[:BLOCK])
        blocks = [
            (len(chunk), self.context.wrap_winrm(chunk))
            for chunk in (plain[at : at + BLOCK] for at in range(0, len(plain), BLOCK))
        ]
        if hostile == "repeated-block":
            blocks.append(blocks[-1])
        kind = "multipart/x-multi-encrypted" if len(blocks) > 1 else "multipart/encrypted"
        self.content_type = f'{kind};protocol="{PROTOCOL}";boundary="{sealing.BOUNDARY}"'
        body = b""
        for length, wrapped in blocks:
            data = bytearray(wrapped.data)
            if hostile == "tampered":
                data[len(data) // 2] ^= 0x01
            elif hostile == "bad-length":
                length += 1
            elif hostile == "truncated":
                data = data[: len(data) // 2]
            body += (
                f"--{sealing.BOUNDARY}\r\n\tContent-Type: {PROTOCOL}\r\n"
                f"\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length={length}\r\n"
                f"--{sealing.BOUNDARY}\r\n\tContent-Type: application/octet-stream\r\n"
            ).encode()
            body += struct.pack("<I", len(wrapped.header)) + wrapped.header + bytes(data)
        body += f"--{sealing.BOUNDARY}--\r\n".encode()
        self._last_sealed = body
        return body
