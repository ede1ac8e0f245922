"""Sign-ins that no endpoint may accept, by pyspnego's client: NTLMv1 (`LM_COMPAT_LEVEL` below 3) and anonymous NTLM.

    weak_client.py --url URL --user USER

The password is in PSBRIDGE_PASSWORD. Each line on standard output tells of one sign-in: `protocol`, `kind`, the
`statuses` of its legs, the length of the NT `response` that was sent (null when it did not come to that), and the
status of a request in clear `after` it on the same connection.
"""

import argparse
import base64
import http.client
import json
import os
import re
import typing
import urllib.parse

import spnego
import spnego._ntlm
from spnego._ntlm_raw.messages import Authenticate, NegotiateFlags

#: LM_COMPAT_LEVEL of each kind; only the first is to be accepted.
LEVELS = {"ntlmv2": 3, "level-2": 2, "level-1": 1, "level-0": 0, "anonymous": 3, "no-response": 3}

_compute_response = spnego._ntlm.NTLMProxy._compute_response
_kind = ""
_response: typing.Optional[int] = None


def _answer_challenge(self: spnego._ntlm.NTLMProxy, *args: typing.Any, **kwargs: typing.Any) -> typing.Any:
    """The responses and the key: an anonymous client has none, as [MS-NLMP] 3.3.2 says."""
    if _kind in ("anonymous", "no-response"):
        self._mic_required = True
        return b"", b"\x00", b"\x00" * 16
    return _compute_response(self, *args, **kwargs)


def _authenticate(flags: int, lm: bytes, nt: bytes, **fields: typing.Any) -> Authenticate:
    global _response
    _response = len(nt)
    if _kind == "anonymous":
        flags |= NegotiateFlags.anonymous
        fields.update(username="", domain_name="")
    return Authenticate(flags, lm, nt, **fields)


def sign_in(url: urllib.parse.SplitResult, protocol: str, user: str, password: str) -> typing.Dict[str, typing.Any]:
    connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=30)
    raw = protocol == "ntlm"
    context = spnego.client(
        user,
        password,
        hostname=url.hostname,
        service="HTTP",
        protocol=protocol,
        options=spnego.NegotiateOptions.use_ntlm if raw else spnego.NegotiateOptions.use_negotiate,
    )

    def post(headers: typing.Dict[str, str]) -> typing.Tuple[int, typing.Optional[bytes]]:
        connection.request("POST", url.path, b"", {"Content-Type": "application/soap+xml;charset=UTF-8", **headers})
        answer = connection.getresponse()
        answer.read()
        token = re.fullmatch(r"Negotiate ([A-Za-z0-9+/]+=*)", answer.getheader("WWW-Authenticate", ""))
        return answer.status, base64.b64decode(token[1]) if token else None

    statuses: typing.List[int] = []
    token = context.step()
    while token and len(statuses) < 4:
        status, answer = post({"Authorization": f"Negotiate {base64.b64encode(token).decode()}"})
        statuses.append(status)
        if status != 401 or answer is None or _response is not None:
            break
        token = context.step(answer)
    return {"statuses": statuses, "response": _response, "after": post({})[0]}


def main() -> None:
    global _kind, _response
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True, type=urllib.parse.urlsplit)
    parser.add_argument("--user", required=True)
    arguments = parser.parse_args()
    spnego._ntlm.NTLMProxy._compute_response = _answer_challenge
    spnego._ntlm.Authenticate = _authenticate
    for protocol in ("ntlm", "negotiate"):
        for _kind, level in LEVELS.items():
            os.environ["LM_COMPAT_LEVEL"] = str(level)
            _response = None
            result = sign_in(arguments.url, protocol, arguments.user, os.environ["PSBRIDGE_PASSWORD"])
            print(json.dumps({"protocol": protocol, "kind": _kind, **result}), flush=True)


if __name__ == "__main__":
    main()
