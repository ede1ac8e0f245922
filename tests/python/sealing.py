"""Authentication of one connection by pyspnego's acceptor, and the multipart/encrypted framing."""

import base64
import re
import struct
import threading
import typing

import spnego
import spnego.channel_bindings
from spnego._context import GSSMech
from spnego._ntlm import NTLMProxy
from spnego._ntlm_raw.messages import Negotiate, NegotiateFlags
from spnego._spnego import NegState, NegTokenInit, NegTokenResp, unpack_token
from spnego.iov import BufferType

try:
    import gssapi

    # An error is raised by the step that made it, with the token that tells the client.
    gssapi.SecurityContext.__DEFER_STEP_ERRORS__ = False
except ImportError:
    pass

PROTOCOLS = {
    "Kerberos": "application/HTTP-Kerberos-session-encrypted",
    "Negotiate": "application/HTTP-SPNEGO-session-encrypted",
    "NTLM": "application/HTTP-SPNEGO-session-encrypted",
}
BOUNDARY = "Encrypted Boundary"

#: Hostile handshakes: the flags that the acceptor pretends not to know.
WEAK = {
    "no-sign": NegotiateFlags.sign | NegotiateFlags.always_sign,
    "no-seal": NegotiateFlags.seal,
    "no-128": NegotiateFlags.key_128,
    "no-key-exchange": NegotiateFlags.key_exch,
    "no-extended-session-security": NegotiateFlags.extended_session_security,
}

#: Hostile handshakes: what becomes of the token that ends one.
ENDS = ("wrong-list-mic", "no-list-mic", "no-final-token")

#: The same for Kerberos: the endpoint's proof that it holds the key of the service.
PROOFS = ("no-ap-rep", "wrong-ap-rep", "old-ap-rep", "no-final-token")

#: `GSS_C_CHANNEL_BOUND_FLAG`: both ends named the same bindings.
CHANNEL_BOUND = 0x800

_old_proofs: typing.Dict[str, bytes] = {}

_accept_negotiate = NTLMProxy._step_accept_negotiate
_handshake = threading.local()


def _weakened(self: NTLMProxy, token: bytes) -> bytes:
    """Answers the NEGOTIATE as if the client had not asked for some flags, and could go on with that.

    The MIC that the client computes covers the NEGOTIATE it really sent, so that one is kept.
    """
    asked = Negotiate.unpack(token)
    asked.flags &= ~int(getattr(_handshake, "without", 0))
    challenge = _accept_negotiate(self, asked.pack())
    self._temp_negotiate = Negotiate.unpack(token)
    return challenge


NTLMProxy._step_accept_negotiate = _weakened


def _ended(token: bytes, hostile: str) -> bytes:
    """The last token of a handshake, spoilt."""
    if hostile == "no-final-token":
        return b""
    end = unpack_token(token)
    assert isinstance(end, NegTokenResp) and end.mech_list_mic is not None, "this client is owed a mechListMIC"
    mic = bytearray(end.mech_list_mic)
    mic[6] ^= 0x01
    end.mech_list_mic = bytes(mic) if hostile == "wrong-list-mic" else None
    return end.pack()


def _proved(token: bytes, hostile: str) -> bytes:
    """The last token of a Kerberos handshake, spoilt."""
    if hostile == "no-final-token":
        return b""
    end = unpack_token(token)
    inner = end.response_token if isinstance(end, NegTokenResp) else token
    assert inner, "an endpoint proves itself"
    form = type(end).__name__
    if hostile == "no-ap-rep":
        inner = None
    elif hostile == "wrong-ap-rep":
        inner = inner[:-1] + bytes([inner[-1] ^ 0x01])
    elif hostile == "old-ap-rep":
        # The first handshake is an honest one; the others are answered with its proof.
        inner = _old_proofs.setdefault(form, inner)
    if not isinstance(end, NegTokenResp):
        return inner or b""
    end.response_token = inner
    return end.pack()


def _stripped(token: bytes) -> bytes:
    """The client's first token after somebody on the way has taken Kerberos out of it."""
    init = unpack_token(token)
    assert isinstance(init, NegTokenInit)
    return NegTokenInit(mech_types=[GSSMech.ntlm.value]).pack()


def _foreign(act: str, protocol: str) -> typing.Any:
    """An acceptor of NTLM that is not pyspnego's."""
    # Needs GSSAPI, which is not everywhere.
    import foreign_ntlm

    return foreign_ntlm.Controller(protocol) if act == "controller" else foreign_ntlm.GssNtlm("accept", protocol)


class SealError(Exception):
    """A body that does not unseal; an honest server answers 400 or 500 and says no more."""


class Connection:
    """The security context of one TCP connection."""

    def __init__(self, certificate_hash: typing.Optional[bytes] = None, hostile: str = "") -> None:
        if certificate_hash is not None and hostile == "other-bindings":
            certificate_hash = bytes(reversed(certificate_hash))
        self.context: typing.Optional[spnego.ContextProxy] = None
        self.authenticated = False
        self.scheme = ""
        self.raw_ntlm = False
        #: By which RFC the client's wrap tokens are made (Kerberos only).
        self.wrap_form: typing.Optional[str] = None
        self._bindings = None
        if certificate_hash is not None:
            self._bindings = spnego.channel_bindings.GssChannelBindings(
                application_data=b"tls-server-end-point:" + certificate_hash
            )
        self._last_sealed: typing.Optional[bytes] = None

    def step(self, header: str, without: int = 0, hostile: str = "") -> typing.Optional[str]:
        """Takes an Authorization header of Negotiate or NTLM; gives the WWW-Authenticate value to answer, if any."""
        scheme, _, token = header.partition(" ")
        raw = base64.b64decode(token.strip(), validate=True)
        first = raw.startswith(b"NTLMSSP\x00\x01") or raw[:1] == b"\x60"
        if first or self.context is None:
            self.scheme = scheme
            self.raw_ntlm = raw.startswith(b"NTLMSSP\x00")
            protocol = "ntlm" if self.raw_ntlm else "kerberos" if scheme == "Kerberos" else "negotiate"
            options = {
                "ntlm": spnego.NegotiateOptions.use_ntlm,
                "negotiate": spnego.NegotiateOptions.use_negotiate,
                "kerberos": spnego.NegotiateOptions.use_gssapi,
            }
            self.authenticated = False
            if hostile in ("controller", "gss-ntlmssp"):
                self.context = _foreign(hostile, protocol)
            else:
                self.context = spnego.server(
                    protocol=protocol, channel_bindings=self._bindings, options=options[protocol]
                )
            if hostile == "strip-kerberos":
                raw = _stripped(raw)
            elif hostile == "another-mechanism":
                answer = NegTokenResp(neg_state=NegState.request_mic, supported_mech=GSSMech.ntlm.value).pack()
                return f"{scheme} {base64.b64encode(answer).decode()}"
        _handshake.without = without
        answer = self.context.step(raw)
        self.authenticated = self.context.complete
        if answer and self.authenticated and self.mechanism == "kerberos":
            answer = _proved(answer, hostile) if hostile in PROOFS else answer
        elif answer and self.authenticated and hostile in ENDS:
            answer = _ended(answer, hostile)
        return f"{scheme} {base64.b64encode(answer).decode()}" if answer else None

    def refusal(self, error: BaseException) -> typing.Optional[str]:
        """What an acceptor of Kerberos tells a client that it refuses (KRB-ERROR), as a WWW-Authenticate value."""
        token = getattr(getattr(error, "base_error", None), "token", None)
        if not token or self.mechanism != "kerberos":
            return None
        if self.scheme == "Negotiate":
            token = NegTokenResp(neg_state=NegState.reject, response_token=token).pack()
        return f"{self.scheme} {base64.b64encode(token).decode()}"

    @property
    def principal(self) -> typing.Optional[str]:
        return self.context.client_principal if self.context and self.authenticated else None

    @property
    def mechanism(self) -> typing.Optional[str]:
        return self.context.negotiated_protocol if self.context else None

    @property
    def bound(self) -> bool:
        """True when the client named the channel bindings of this TLS connection (Kerberos only)."""
        context = getattr(self.context, "_context", None)
        # The acceptor of SPNEGO has that of the mechanism in it.
        context = getattr(context, "_context", context)
        return bool(int(getattr(context, "actual_flags", 0)) & CHANNEL_BOUND)

    @property
    def delegated(self) -> bool:
        return bool(self.context and self.context.context_attr & spnego.ContextReq.delegate)

    @property
    def protocol(self) -> str:
        return PROTOCOLS[self.scheme]

    @property
    def content_type(self) -> str:
        return f'multipart/encrypted;protocol="{self.protocol}";boundary="{BOUNDARY}"'

    def unseal(self, body: bytes, content_type: str) -> bytes:
        """One multipart/encrypted body to its text."""
        boundary = re.search(r'boundary="?([^";]+)"?', content_type)
        protocol = re.search(r'protocol="?([^";]+)"?', content_type)
        if not boundary or not protocol or protocol[1] != self.protocol:
            raise SealError(f"content type {content_type!r}")
        mark = re.escape(boundary[1].encode())
        head = re.match(
            rb"--\s*" + mark + rb"\r\n\t?Content-Type: ([^\r]+)\r\n\t?OriginalContent: ([^\r]+)\r\n--\s*" + mark
            + rb"\r\n\t?Content-Type: application/octet-stream\r\n",
            body,
        )
        tail = re.search(rb"--\s*" + mark + rb"--\r\n$", body)
        if not head or not tail:
            raise SealError("framing")
        if head[1].decode() != self.protocol:
            raise SealError(f"inner protocol {head[1]!r}")
        original = re.fullmatch(rb"type=application/soap\+xml;charset=UTF-8;Length=(\d+)", head[2])
        if not original:
            raise SealError(f"OriginalContent {head[2]!r}")
        sealed = body[head.end() : tail.start()]
        (length,) = struct.unpack("<I", sealed[:4])
        header, data = sealed[4 : 4 + length], sealed[4 + length :]
        if self.mechanism != "kerberos":
            if length != 16:
                raise SealError(f"signature of {length} bytes")
        elif header.startswith(b"\x05\x04"):
            self.wrap_form = "rfc4121"
            # Header 16, checksum 12 and its copy of the header 16 rotated to the front, confounder 16.
            if length != 60 or not header[2] & 2:
                raise SealError(f"a Kerberos header of {length} bytes with flags {header[2]}")
        elif header.startswith(b"\x60"):
            self.wrap_form = "rfc4757"
        else:
            raise SealError("neither a token of RFC 4121 nor of RFC 4757")
        assert self.context is not None
        plain = self.context.unwrap_winrm(header, data)
        if len(plain) != int(original[1]):
            raise SealError("Length does not match")
        if self.mechanism == "kerberos" and self.wrap_form == "rfc4757":
            # It pads with one byte, which Length counts and pyspnego leaves there.
            if plain[-1:] != b"\x01":
                raise SealError("no padding of RFC 4757")
            plain = plain[:-1]
        return plain

    def _signed_only(self, plain: bytes) -> typing.Tuple[bytearray, bytearray, int]:
        """A message that is signed and not sealed, in the place of a sealed one."""
        assert self.context is not None
        parts = self.context.wrap_iov([BufferType.header, plain, BufferType.padding], encrypt=False).buffers
        header, data, padding = (bytearray(part.data or b"") for part in parts)
        return header, data + padding, len(padding)

    def seal(self, plain: bytes, hostile: str = "") -> bytes:
        """Seals an answer; `hostile` spoils it."""
        if hostile == "replayed" and self._last_sealed is not None:
            return self._last_sealed
        assert self.context is not None
        if hostile == "reordered":
            # The answer that was sealed first stays behind.
            self.context.wrap_winrm(plain)
        if hostile == "signed-only":
            header, data, padding = self._signed_only(plain)
        else:
            wrapped = self.context.wrap_winrm(plain)
            header, data, padding = bytearray(wrapped.header), bytearray(wrapped.data), wrapped.padding_length
        length = len(plain) + padding
        if hostile == "tampered":
            data[len(data) // 2] ^= 0x01
        elif hostile == "bad-signature":
            header[6] ^= 0x80
        elif hostile == "bad-sequence":
            header[12] ^= 0x02
        elif hostile == "bad-length":
            length += 1
        elif hostile == "truncated":
            data = data[: len(data) // 2]
        mark = "-- " if hostile == "spaced-boundary" else "--"
        body = (
            f"{mark}{BOUNDARY}\r\n\tContent-Type: {self.protocol}\r\n"
            f"\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length={length}\r\n"
            f"{mark}{BOUNDARY}\r\n\tContent-Type: application/octet-stream\r\n"
        ).encode()
        body += struct.pack("<I", len(header)) + bytes(header) + bytes(data)
        body += f"{mark}{BOUNDARY}--\r\n".encode()
        self._last_sealed = body
        return body
