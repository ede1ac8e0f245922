"""Exchange Online's remote PowerShell as it was, on psrpcore and PyJWT: Basic with a token and nothing else, one
redirection to another host, then `Get-User`. It judges what stood behind New-ExoPSSession.

    exo_endpoint.py --work DIR --app-certificate CERT.pem

One JSON line on standard output says where it listens; it ends when its standard input does. On the plain port
`GET /heard` tells what came, and `GET /set?life=SECONDS&claims=JSON` changes the tokens that are given out.
"""

import argparse
import base64
import binascii
import hashlib
import json
import pathlib
import re
import ssl
import sys
import threading
import typing
import urllib.parse

import commands
import endpoint
import jwt
import verify_claims
from certificate import make_certificate

FRONT, BACK = "outlook.psbridge.localhost", "be1.psbridge.localhost"
PATH = "/powershell-liveid/"
#: How long a Receive waits for something to say, in seconds: longer than a test takes to its first object.
HOLD = 15.0
USER = f"OAuthUser@{verify_claims.TENANT}"


def get_user(
    context: typing.Any, parameters: commands.Parameters, inputs: commands.Inputs, command: typing.Any
) -> commands.Inputs:
    for number in range(int(parameters.get("resultsize", 3))):
        yield commands.user(number)


commands.KNOWN["get-user"] = get_user


class State(endpoint.State):
    """What all connections share."""

    def __init__(self, certificate_hash: bytes, judge: verify_claims.Judge) -> None:
        super().__init__(HOLD, certificate_hash, kerberos=False)
        self.judge = judge
        self.calls: typing.List[typing.Dict[str, typing.Any]] = []
        #: What had come when the first answer with output left.
        self.to_first_object: typing.Optional[typing.List[typing.Dict[str, typing.Any]]] = None

    def told(self) -> typing.Dict[str, typing.Any]:
        judge = self.judge
        with self.lock, judge.lock:
            return {
                "tokens": judge.taken,
                "refused": judge.refused,
                "calls": self.calls,
                "to_first_object": self.to_first_object,
                "malformed": [text for _, text in self.malformed],
                "shells": [
                    {"pool": str(shell.pool.runspace_pool_id), "closed": shell.closed}
                    for shell in self.past + list(self.shells.values())
                ],
            }


class Handler(endpoint.Handler):
    """One connection to the front, to the back end, or to the token endpoint: all on one port."""

    server: "Server"

    def do_GET(self) -> None:
        self._answer(404, b"", "text/plain")

    def do_POST(self) -> None:
        split = urllib.parse.urlsplit(self.path)
        self.host = self.headers.get("Host", "").partition(":")[0]
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if split.path != PATH or self.host not in (FRONT, BACK):
            self._token(split.path, body)
            return
        self.query = re.split("[;&]", split.query)
        self.path, self.act, self.at = PATH, "", ""
        plain = self._signed_in(body)
        if plain is not None:
            self._operate(plain)

    def _token(self, path: str, body: bytes) -> None:
        judge = self.server.state.judge
        url = f"https://{self.headers['Host']}{path}"
        tenant = path.strip("/").partition("/")[0]
        try:
            form = urllib.parse.parse_qs(body.decode("ascii"), strict_parsing=True)
            status, answer = 200, judge.token(url, tenant, form)
        except verify_claims.Refused as error:
            with judge.lock:
                judge.refused.append(f"{error.number}: {error}")
            status = error.status
            answer = {
                "error": error.error,
                "error_description": f"AADSTS{error.number}: {error}",
                "error_codes": [error.number],
            }
        self._answer(status, json.dumps(answer).encode(), "application/json")

    def _signed_in(self, body: bytes) -> typing.Optional[bytes]:
        """Takes Basic with the right token, on https; the front then sends the client to the back end."""
        try:
            claims = self._claims(self.headers.get("Authorization", ""))
        except (ValueError, jwt.InvalidTokenError) as error:
            self._call("refused", reason=f"{type(error).__name__}: {error}")
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm=""')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return None
        if "BasicAuthToOAuthConversion=true" not in self.query:
            self._complain(f"the query is {self.query}")
        if not any(part.startswith("PSVersion=") for part in self.query):
            self._complain(f"no PSVersion in {self.query}")
        if self.host == FRONT:
            self._call("redirected", app=claims["appid"])
            port = self.headers["Host"].partition(":")[2]
            there = f"https://{BACK}:{port}{PATH}?{';'.join(self.query)}"
            page = b"<html><head><title>Object moved</title></head><body></body></html>"
            self.send_response(302)
            self.send_header("Location", there)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)
            self.wfile.flush()
            return None
        return body

    def _claims(self, offered: str) -> typing.Dict[str, typing.Any]:
        scheme, _, text = offered.partition(" ")
        if scheme != "Basic":
            raise ValueError(f"the scheme is {scheme or 'missing'}")
        try:
            user, _, password = base64.b64decode(text, validate=True).decode("utf-8").partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise ValueError("the credential is not base64 of text") from None
        if user != USER:
            raise ValueError("the user is another one")
        if not password.startswith("Bearer "):
            raise ValueError("the password is no token")
        claims = self.server.state.judge.issuer.check(password[len("Bearer ") :], verify_claims.AUDIENCE)
        if claims["tid"] != verify_claims.TENANT:
            raise ValueError(f"the tenant is {claims['tid']}")
        if "Exchange.ManageAsApp" not in claims.get("roles", []):
            raise ValueError("Exchange.ManageAsApp is missing")
        return claims

    def _call(self, what: str, **about: typing.Any) -> typing.Dict[str, typing.Any]:
        call = {"host": self.host, "operation": what, "answered": False, **about}
        with self.server.state.lock:
            self.server.state.calls.append(call)
        return call

    def _note(self, operation: str, request: typing.Any, size: int) -> None:
        self.call = self._call(operation)

    def _soap(self, status: int, envelope: bytes, operation: str) -> None:
        state = self.server.state
        with state.lock:
            self.call["answered"] = True
            if state.to_first_object is None and operation == "Receive" and b"CommandId=" in envelope:
                state.to_first_object = [dict(call) for call in state.calls]
        super()._soap(status, envelope, operation)


class Server(endpoint.Server):
    state: State

    def __init__(self, state: State, tls: ssl.SSLContext) -> None:
        super().__init__(state, tls)
        self.RequestHandlerClass = Handler


class Control(verify_claims.Handler):
    """The plain port: what the test asks and sets."""

    def _plain(self, method: str, path: str, query: typing.Dict[str, typing.List[str]]) -> None:
        state: State = self.server.state  # type: ignore[attr-defined]
        if path == "/set":
            state.judge.life = int(query["life"][0])
            state.judge.claims = json.loads(query["claims"][0])
            self._json(200, {})
        else:
            self._json(200, state.told())


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", required=True, type=pathlib.Path)
    parser.add_argument("--app-certificate", required=True, type=pathlib.Path)
    arguments = parser.parse_args()

    judge = verify_claims.Judge(
        [verify_claims.load(arguments.app_certificate)], verify_claims.federation(arguments.work)
    )
    served = make_certificate(arguments.work)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(served.pem, served.key)
    state = State(hashlib.sha256(served.der).digest(), judge)
    secure = Server(state, tls)
    control = verify_claims.Server(judge, verify_claims.Vault())
    control.RequestHandlerClass = Control
    control.state = state  # type: ignore[attr-defined]
    for server in (secure, control):
        threading.Thread(target=server.serve_forever, daemon=True).start()
    port = secure.server_port
    print(
        json.dumps(
            {
                "http": f"http://127.0.0.1:{control.server_port}",
                "authority": f"https://login.psbridge.localhost:{port}",
                "exchange": f"https://{FRONT}:{port}",
                "front": FRONT,
                "back": BACK,
                "user": USER,
                "ca": str(served.pem),
                "tenant": verify_claims.TENANT,
                "client": verify_claims.CLIENT,
                "audience": verify_claims.AUDIENCE,
                "vault_audience": verify_claims.VAULT_AUDIENCE,
            }
        ),
        flush=True,
    )
    sys.stdin.read()


if __name__ == "__main__":
    main()
