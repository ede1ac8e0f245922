"""pyspnego as the other end of a handshake, and pypsrp's message encryption on top of it, over JSON lines.

    ntlm_peer.py --work DIR

The first line on standard input opens a context:
`{"role": "accept"|"initiate", "protocol": "ntlm"|"negotiate", "user", "password", "host", "service", "bindings"?,
"peer"?: "gss-ntlmssp"}` (`bindings` is the application data, base64). Each later line is one of `{"step": TOKEN|null}`, `{"seal": PLAIN}`,
`{"unseal": [HEADER, DATA]}`, `{"wrap": PLAIN}` (a whole multipart body by pypsrp), `{"unwrap": BODY}`, all base64, or
another opening line. Every answer is one line, `{"error"}` when the peer refuses.
"""

import argparse
import base64
import json
import os
import pathlib
import sys
import typing

import spnego
import spnego.channel_bindings
from pypsrp.encryption import WinRMEncryption


def encode(data: typing.Optional[bytes]) -> typing.Optional[str]:
    return None if data is None else base64.b64encode(data).decode()


class Peer:
    def __init__(self, users: pathlib.Path) -> None:
        self.users = users
        self.context: typing.Any = None
        self.framing: typing.Any = None

    def open(self, line: typing.Dict[str, typing.Any]) -> typing.Dict[str, typing.Any]:
        bindings = None
        if line.get("bindings"):
            bindings = spnego.channel_bindings.GssChannelBindings(
                application_data=base64.b64decode(line["bindings"])
            )
        if line.get("peer") == "gss-ntlmssp":
            return self.open_gss(line)
        raw = line["protocol"] == "ntlm"
        options = spnego.NegotiateOptions.use_ntlm if raw else spnego.NegotiateOptions.use_negotiate
        if line["role"] == "accept":
            domain, _, user = line["user"].rpartition("\\")
            self.users.write_text(f"{domain}:{user}:{line['password']}\n", encoding="utf-8")
            os.environ["NTLM_USER_FILE"] = str(self.users)
            self.context = spnego.server(
                protocol=line["protocol"], channel_bindings=bindings, options=options
            )
        else:
            self.context = spnego.client(
                line["user"],
                line["password"],
                hostname=line["host"],
                service=line["service"],
                channel_bindings=bindings,
                protocol=line["protocol"],
                options=options,
            )
        self.framing = WinRMEncryption(self.context, WinRMEncryption.SPNEGO)
        return {"opened": True}

    def open_gss(self, line: typing.Dict[str, typing.Any]) -> typing.Dict[str, typing.Any]:
        # Needs GSSAPI, which is not everywhere.
        import foreign_ntlm

        # It wants a domain where pyspnego takes none.
        domain, _, user = line["user"].rpartition("\\")
        os.environ["NTLM_USER_FILE"] = str(self.users)
        self.users.write_text(f"{domain}:{user}:{line['password']}\n", encoding="utf-8")
        words = {name: line[name] for name in ("user", "password", "service", "host") if name in line}
        bindings = base64.b64decode(line["bindings"]) if line.get("bindings") else None
        self.context = foreign_ntlm.GssNtlm(line["role"], line["protocol"], bindings=bindings, **words)
        self.framing = WinRMEncryption(self.context, WinRMEncryption.SPNEGO)
        return {"opened": True}

    def answer(self, line: typing.Dict[str, typing.Any]) -> typing.Dict[str, typing.Any]:
        if "role" in line:
            return self.open(line)
        if "step" in line:
            token = self.context.step(base64.b64decode(line["step"]) if line["step"] is not None else None)
            return {
                "token": encode(token),
                "complete": self.context.complete,
                "principal": self.context.client_principal if self.context.complete else None,
            }
        if "seal" in line:
            sealed = self.context.wrap_winrm(base64.b64decode(line["seal"]))
            return {"header": encode(sealed.header), "data": encode(sealed.data)}
        if "unseal" in line:
            header, data = (base64.b64decode(part) for part in line["unseal"])
            return {"plain": encode(self.context.unwrap_winrm(header, data))}
        if "wrap" in line:
            kind, body = self.framing.wrap_message(base64.b64decode(line["wrap"]))
            return {"type": kind, "body": encode(body)}
        if "unwrap" in line:
            body = base64.b64decode(line["unwrap"])
            return {"plain": encode(self.framing.unwrap_message(body, "Encrypted Boundary"))}
        raise ValueError("unknown request")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", required=True, type=pathlib.Path)
    peer = Peer(parser.parse_args().work / "ntlm-users")
    print(json.dumps({"ready": "yes"}), flush=True)
    for line in sys.stdin:
        try:
            answer = peer.answer(json.loads(line))
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
