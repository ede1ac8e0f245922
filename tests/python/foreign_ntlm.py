"""NTLM by two more implementations that owe psbridge nothing, each with the interface of a context of pyspnego.

`Controller` is Samba's `ntlm_auth`: the handshake is Samba's, and whether the password is right the domain controller
says. `GssNtlm` is gss-ntlmssp, reached through GSSAPI, with the accounts of NTLM_USER_FILE.
"""

import base64
import os
import pathlib
import subprocess
import typing

import gssapi
import spnego
from spnego._context import WinRMWrapResult
from spnego._ntlm import NTLMProxy
from spnego._ntlm_raw.crypto import rc4init, sealkey, signkey

NTLM = gssapi.OID.from_int_seq("1.3.6.1.4.1.311.2.2.10")
SPNEGO = gssapi.OID.from_int_seq("1.3.6.1.5.5.2")
SIGNATURE = 16


class Controller:
    """An acceptor of which only the sealing is pyspnego's."""

    negotiated_protocol = "ntlm"
    context_attr = spnego.ContextReq.none

    def __init__(self, protocol: str) -> None:
        self.complete = False
        self.client_principal: typing.Optional[str] = None
        self._negotiated = protocol == "negotiate"
        self._begun = False
        helper = "gss-spnego" if self._negotiated else "squid-2.5-ntlmssp"
        configuration = os.environ["PSBRIDGE_SMB_CONF"]
        environment = {
            **os.environ,
            # Samba's clients look for this winbindd only under nss_wrapper; names of accounts stay the system's.
            "LD_PRELOAD": nss_wrapper() or "",
            "NSS_WRAPPER_PASSWD": "/etc/passwd",
            "NSS_WRAPPER_GROUP": "/etc/group",
            "SELFTEST_WINBINDD_SOCKET_DIR": str(pathlib.Path(configuration).parent / "ad/winbindd"),
        }
        self._process = subprocess.Popen(
            ["ntlm_auth", f"--configfile={configuration}", f"--helper-protocol={helper}"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def _ask(self, line: str) -> typing.List[str]:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().split()

    def step(self, token: bytes) -> typing.Optional[bytes]:
        answer = self._ask(f"{'KK' if self._begun else 'YR'} {base64.b64encode(token).decode()}")
        self._begun = True
        if answer[0] == "TT":
            return base64.b64decode(answer[1])
        if answer[0] != "AF":
            self._process.kill()
            raise ValueError(f"the controller refuses: {' '.join(answer)}")
        self.complete = True
        self.client_principal = answer[-1]
        self._prepare()
        return base64.b64decode(answer[1]) if self._negotiated else None

    def _prepare(self) -> None:
        flags = int(self._ask("GF")[1], 16)
        key = base64.b64decode(self._ask("GK")[1])
        assert self._process.stdin is not None
        self._process.stdin.close()
        seal = NTLMProxy(usage="accept", protocol="ntlm")
        seal._context_attr, seal._session_key, seal._complete = flags, key, True
        for way, usage in (("in", "initiate"), ("out", "accept")):
            setattr(seal, f"_sign_key_{way}", signkey(flags, key, usage))
            setattr(seal, f"_handle_{way}", rc4init(sealkey(flags, key, usage)))
        # The codes over the list of mechanisms were the first signatures.
        setattr(seal, "_NTLMProxy__seq_num_in", int(self._negotiated))
        setattr(seal, "_NTLMProxy__seq_num_out", int(self._negotiated))
        self._seal = seal

    def wrap_winrm(self, data: bytes) -> WinRMWrapResult:
        return self._seal.wrap_winrm(data)

    def unwrap_winrm(self, header: bytes, data: bytes) -> bytes:
        return self._seal.unwrap_winrm(header, data)


class GssNtlm:
    """Either end by gss-ntlmssp, in MIT's SPNEGO or raw."""

    negotiated_protocol = "ntlm"
    context_attr = spnego.ContextReq.none

    def __init__(
        self,
        usage: str,
        protocol: str,
        user: str = "",
        password: str = "",
        service: str = "",
        host: str = "",
        bindings: typing.Optional[bytes] = None,
    ) -> None:
        mechanism = SPNEGO if protocol == "negotiate" else NTLM
        more: typing.Dict[str, typing.Any] = {}
        if bindings is not None:
            more["channel_bindings"] = gssapi.raw.ChannelBindings(application_data=bindings)
        if usage == "accept":
            credentials = gssapi.Credentials(usage=usage, mechs=[mechanism])
        else:
            name = gssapi.Name(user, gssapi.NameType.user)
            found = gssapi.raw.acquire_cred_with_password(name, password.encode(), usage=usage, mechs=[mechanism])
            credentials = gssapi.Credentials(base=found.creds)
            flag = gssapi.RequirementFlag
            more.update(
                name=gssapi.Name(f"{service}@{host}", gssapi.NameType.hostbased_service),
                mech=mechanism,
                flags=[
                    flag.confidentiality,
                    flag.integrity,
                    flag.mutual_authentication,
                    flag.replay_detection,
                    flag.out_of_sequence_detection,
                ],
            )
        if protocol == "negotiate":
            gssapi.raw.set_neg_mechs(credentials, [NTLM])
        self._context = gssapi.SecurityContext(creds=credentials, usage=usage, **more)

    def step(self, token: typing.Optional[bytes]) -> typing.Optional[bytes]:
        return self._context.step(token)

    @property
    def complete(self) -> bool:
        return self._context.complete

    @property
    def client_principal(self) -> typing.Optional[str]:
        return str(self._context.initiator_name).rstrip("\0 ")

    def wrap_winrm(self, data: bytes) -> WinRMWrapResult:
        sealed = gssapi.raw.wrap(self._context, data, confidential=True)
        assert sealed.encrypted
        return WinRMWrapResult(sealed.message[:SIGNATURE], sealed.message[SIGNATURE:], 0)

    def unwrap_winrm(self, header: bytes, data: bytes) -> bytes:
        opened = gssapi.raw.unwrap(self._context, header + data)
        assert opened.encrypted
        return opened.message


def nss_wrapper() -> typing.Optional[str]:
    found = sorted(pathlib.Path("/usr/lib").glob("*-linux-gnu*/libnss_wrapper.so"))
    return str(found[0]) if found else None
