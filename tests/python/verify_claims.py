"""A token endpoint, the identity endpoints of a machine and a key vault, on PyJWT and cryptography: they judge what
psbridge sends, claim by claim and header by header, and owe it nothing.

    verify_claims.py --work DIR --app-certificate CERT.pem [--pfx FILE --pfx-password PASSWORD]

One JSON line on standard output says where it listens and whom it expects; it ends when its standard input does.
`GET /heard` on the plain port tells what was taken and what was refused, and why. In DIR it leaves the tokens of an
issuer that its app trusts (`federated.jwt`, and `-late`, `-other`) with the certificate that signed them.
"""

import argparse
import base64
import datetime
import hashlib
import http.server
import json
import pathlib
import ssl
import sys
import threading
import time
import typing
import urllib.parse
import uuid

import jwt
from certificate import make_certificate
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa, utils
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
CLIENT = "0b0e7c61-52a5-4a2c-9f1b-3f2f3a4d5e6f"
TENANT = "judge.onmicrosoft.com"
#: What percent-encoding must carry.
SECRET = "judge's ~secret+/=&"
IDENTITY = "3c1e8f04-7a0b-4d2b-8a57-0f7d9c2b1a11"
AUDIENCE = "https://outlook.judge.example"
VAULT_AUDIENCE = "https://vault.judge.example"
IDENTITY_HEADER = "853b9a84-5bfa-4b22-a3f3-0b9a43d9ad8a"
ISSUER, SUBJECT, EXCHANGE = "https://cluster.judge.example/", "system:serviceaccount:sync:psbridge", "api://AzureADTokenExchange"
RESOURCE_ID = "/subscriptions/1/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/judge & co"


class Refused(Exception):
    """What was sent is wrong; told to the client as the real endpoint tells it, and noted for the test."""

    def __init__(self, number: int, text: str, status: int = 401, error: str = "invalid_client") -> None:
        super().__init__(text)
        self.number = number
        self.status = status
        self.error = error


def b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def expect(condition: bool, number: int, text: str) -> None:
    if not condition:
        raise Refused(number, text)


def single(fields: typing.Dict[str, typing.List[str]], name: str) -> typing.Optional[str]:
    values = fields.get(name, [])
    expect(len(values) <= 1, 900144, f"{name} is there {len(values)} times")
    return values[0] if values else None


class Issuer:
    """Signs tokens and checks those that it is shown."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def token(self, audience: str, seconds: int, **claims: typing.Any) -> str:
        now = int(time.time())
        content = {
            "aud": audience,
            "iss": f"https://sts.windows.net/{TENANT}/",
            "iat": now,
            "nbf": now,
            "exp": now + seconds,
            "tid": TENANT,
            "appid": CLIENT,
            "roles": ["Exchange.ManageAsApp"],
            "jti": str(uuid.uuid4()),
        }
        content.update(claims)
        return jwt.encode(content, self.key, algorithm="RS256")

    def check(self, token: str, audience: str) -> typing.Dict[str, typing.Any]:
        return jwt.decode(
            token,
            self.key.public_key(),
            algorithms=["RS256"],
            audience=audience,
            options={"require": ["aud", "iss", "exp", "nbf", "tid", "appid"]},
        )


class Judge:
    """What all requests share."""

    def __init__(self, apps: typing.List[x509.Certificate], federation: x509.Certificate) -> None:
        self.apps = {b64url(app.fingerprint(hashes.SHA256())): app for app in apps}
        self.federation = federation
        self.issuer = Issuer()
        self.life = 3599
        self.audiences = [AUDIENCE, VAULT_AUDIENCE]
        #: Claims of the tokens that are given out, where they shall be others than is right.
        self.claims: typing.Dict[str, typing.Any] = {}
        self.lock = threading.Lock()
        self.taken: typing.List[typing.Dict[str, typing.Any]] = []
        self.refused: typing.List[str] = []
        self.used: typing.Set[str] = set()
        self.devices: typing.Dict[str, int] = {}

    def note(self, endpoint: str, **about: typing.Any) -> None:
        with self.lock:
            self.taken.append({"endpoint": endpoint, **about})

    # -- the token endpoint

    def token(self, url: str, tenant: str, form: typing.Dict[str, typing.List[str]]) -> typing.Dict[str, typing.Any]:
        if tenant != TENANT:
            raise Refused(90002, f"Tenant '{tenant}' not found.", 400, "invalid_request")
        grant = single(form, "grant_type")
        if single(form, "client_id") != CLIENT:
            raise Refused(700016, "Application was not found in the directory.", 400, "unauthorized_client")
        if grant == "urn:ietf:params:oauth:grant-type:device_code":
            return self._device(form)
        expect(grant == "client_credentials", 70003, f"grant_type {grant}")
        scope = single(form, "scope") or ""
        audience = scope[: -len("/.default")] if scope.endswith("/.default") else ""
        if audience not in self.audiences:
            raise Refused(500011, f"The resource principal named {scope} was not found.", 400, "invalid_resource")
        allowed = {"grant_type", "client_id", "scope", "client_secret", "client_assertion", "client_assertion_type"}
        expect(set(form) <= allowed, 900144, f"unexpected fields {sorted(set(form) - allowed)}")
        assertion, secret = single(form, "client_assertion"), single(form, "client_secret")
        if assertion is not None:
            expect(secret is None, 700025, "both a secret and an assertion")
            expect(single(form, "client_assertion_type") == JWT_BEARER, 900144, "client_assertion_type")
            claims = self._assertion(assertion, url)
            self.note("token", proof="assertion", claims=claims, header=jwt.get_unverified_header(assertion))
        else:
            expect(secret == SECRET, 7000215, "Invalid client secret provided.")
            self.note("token", proof="secret")
        token = self.issuer.token(audience, self.life, **self.claims)
        return {"token_type": "Bearer", "expires_in": self.life, "ext_expires_in": self.life, "access_token": token}

    def _assertion(self, assertion: str, url: str) -> typing.Dict[str, typing.Any]:
        header = jwt.get_unverified_header(assertion)
        if "x5t#S256" in header:
            return self._by_certificate(assertion, header, url)
        return self._federated(assertion)

    def _by_certificate(
        self, assertion: str, header: typing.Dict[str, typing.Any], url: str
    ) -> typing.Dict[str, typing.Any]:
        expect(set(header) == {"alg", "typ", "x5t#S256"}, 50027, f"header {sorted(header)}")
        expect(header["alg"] == "PS256", 50027, f"alg {header['alg']}")
        expect(header["typ"] == "JWT", 50027, f"typ {header['typ']}")
        app = self.apps.get(header["x5t#S256"])
        if app is None:
            raise Refused(700027, "The certificate is not registered on application.")
        try:
            claims = jwt.decode(
                assertion,
                app.public_key(),
                algorithms=["PS256"],
                audience=url,
                issuer=CLIENT,
                subject=CLIENT,
                options={"require": ["aud", "iss", "sub", "jti", "nbf", "iat", "exp"], "strict_aud": True},
            )
        except (jwt.ExpiredSignatureError, jwt.ImmatureSignatureError) as error:
            raise Refused(700024, f"Client assertion is not within its valid time range: {error}") from None
        except jwt.InvalidAudienceError as error:
            raise Refused(700023, f"Client assertion audience claim does not match: {error}") from None
        except jwt.InvalidSignatureError:
            raise Refused(700027, "Client assertion failed signature validation.") from None
        except jwt.InvalidTokenError as error:
            raise Refused(50027, str(error)) from None
        known = {"aud", "iss", "sub", "jti", "nbf", "iat", "exp"}
        expect(set(claims) == known, 50027, f"claims {sorted(claims)}")
        for name in ("nbf", "iat", "exp"):
            expect(isinstance(claims[name], int), 50027, f"{name} is no whole number")
        now = time.time()
        expect(claims["exp"] <= now + 600, 700024, "it lasts longer than ten minutes")
        expect(claims["exp"] > claims["nbf"], 700024, "it ends before it begins")
        uuid.UUID(claims["jti"])
        with self.lock:
            expect(claims["jti"] not in self.used, 50027, "its jti was used before")
            self.used.add(claims["jti"])
        return claims

    def _federated(self, assertion: str) -> typing.Dict[str, typing.Any]:
        try:
            claims = jwt.decode(
                assertion, self.federation.public_key(), algorithms=["RS256"], audience=EXCHANGE, issuer=ISSUER
            )
        except jwt.ExpiredSignatureError as error:
            raise Refused(700024, str(error)) from None
        except jwt.InvalidTokenError as error:
            raise Refused(700211, str(error)) from None
        expect(claims.get("sub") == SUBJECT, 700213, "the subject is another one")
        return claims

    def device_code(self, form: typing.Dict[str, typing.List[str]]) -> typing.Dict[str, typing.Any]:
        expect(set(form) == {"client_id", "scope"}, 900144, f"fields {sorted(form)}")
        scopes = (single(form, "scope") or "").split()
        expect(f"{AUDIENCE}/.default" in scopes, 70011, f"scopes {scopes}")
        code = str(uuid.uuid4())
        self.devices[code] = 2
        return {
            "device_code": code,
            "user_code": "JUDGE1234",
            "verification_uri": "https://judge.example/devicelogin",
            "expires_in": 60,
            "interval": 1,
            "message": "Enter JUDGE1234",
        }

    def _device(self, form: typing.Dict[str, typing.List[str]]) -> typing.Dict[str, typing.Any]:
        expect(set(form) == {"grant_type", "client_id", "device_code"}, 900144, f"fields {sorted(form)}")
        code = single(form, "device_code") or ""
        if code not in self.devices:
            raise Refused(70018, "unknown device code", 400, "bad_verification_code")
        self.devices[code] -= 1
        if self.devices[code] > 0:
            raise Refused(70016, "Authorization is pending.", 400, "authorization_pending")
        del self.devices[code]
        self.note("token", proof="device")
        return {"token_type": "Bearer", "expires_in": self.life, "access_token": self.issuer.token(AUDIENCE, self.life)}

    # -- the identity of the machine

    def identity(
        self, kind: str, query: typing.Dict[str, typing.List[str]], headers: typing.Mapping[str, str]
    ) -> typing.Dict[str, typing.Any]:
        def demand(condition: bool, text: str) -> None:
            if not condition:
                raise Refused(0, f"{kind}: {text}", 400, "invalid_request")

        demand("X-Forwarded-For" not in headers, "X-Forwarded-For came along")
        demand("Authorization" not in headers, "Authorization came along")
        demand("Via" not in headers, "it came through a proxy")
        versions = {"imds": "2018-02-01", "app-service": "2019-08-01"}
        if kind in versions:
            demand(single(query, "api-version") == versions[kind], f"api-version {query.get('api-version')}")
        if kind in ("imds", "automation"):
            demand(headers.get("Metadata", "").lower() == "true", "no Metadata: true")
        if kind in ("app-service", "automation"):
            demand(headers.get("X-IDENTITY-HEADER") == IDENTITY_HEADER, "X-IDENTITY-HEADER")
        else:
            demand("X-IDENTITY-HEADER" not in headers, "a secret for nothing")
        demand((single(query, "resource") or "").rstrip("/") == AUDIENCE, f"resource {query.get('resource')}")
        names = set(query) - {"api-version", "resource"}
        demand(len(names) <= 1, f"more than one identity: {sorted(names)}")
        wanted = {
            "client_id": IDENTITY,
            "object_id": IDENTITY,
            "principal_id": IDENTITY,
            "msi_res_id": RESOURCE_ID,
            "mi_res_id": RESOURCE_ID,
        }
        for name in names:
            demand(name in wanted and single(query, name) == wanted[name], f"{name} = {query.get(name)}")
        self.note(kind, names=sorted(names))
        ends = int(time.time()) + self.life
        answer: typing.Dict[str, typing.Any] = {
            "access_token": self.issuer.token(AUDIENCE, self.life),
            "expires_on": str(ends),
            "resource": AUDIENCE,
            "token_type": "Bearer",
        }
        if kind == "imds":
            answer["expires_in"] = str(self.life)
        return answer


def self_signed(common_name: str, key: rsa.RSAPrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=90))
        .sign(key, hashes.SHA256())
    )


def federation(folder: pathlib.Path) -> x509.Certificate:
    """Leaves tokens of a cluster in the folder, and gives the certificate of its key."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    certificate = self_signed("cluster", key)
    (folder / "federation.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    now = int(time.time())
    for name, subject, ends in (
        ("federated.jwt", SUBJECT, now + 3600),
        ("federated-late.jwt", SUBJECT, now - 60),
        ("federated-other.jwt", "system:serviceaccount:else:where", now + 3600),
    ):
        claims = {"iss": ISSUER, "sub": subject, "aud": [EXCHANGE], "iat": now - 100, "nbf": now - 100, "exp": ends}
        token = jwt.encode(claims, key, algorithm="RS256", headers={"kid": "cluster-1"})
        (folder / name).write_text(token + "\n", encoding="ascii")
    return certificate


class Vault:
    """A key vault with three certificates on one key: as PKCS#12, as PEM, and one whose key does not leave."""

    VERSION = "0123456789abcdef0123456789abcdef"

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.certificate = self_signed("vaulted", self.key)

    def secret(self, name: str) -> typing.Optional[typing.Tuple[str, str]]:
        private = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        public = self.certificate.public_bytes(serialization.Encoding.PEM)
        if name == "pem":
            return (private + public).decode(), "application/x-pem-file"
        if name == "pfx":
            pfx = pkcs12.serialize_key_and_certificates(
                b"vaulted", self.key, self.certificate, None, serialization.NoEncryption()
            )
            return base64.b64encode(pfx).decode(), "application/x-pkcs12"
        if name == "sealed":
            return public.decode(), "application/x-pem-file"
        if name == "client-secret":
            return SECRET, "text/plain"
        return None

    def answer(self, judge: Judge, method: str, url: str, path: str, token: str, body: bytes) -> typing.Any:
        claims = judge.issuer.check(token, VAULT_AUDIENCE)
        judge.note("vault", method=method, path=path, appid=claims["appid"])
        origin = url.partition("://")[0] + "://" + url.partition("://")[2].partition("/")[0]
        parts = path.strip("/").split("/")
        ids = {kind: f"{origin}/{kind}/{parts[1]}/{self.VERSION}" for kind in ("certificates", "keys", "secrets")}
        if method == "GET" and parts[0] == "certificates" and self.secret(parts[1]) and parts[1] != "client-secret":
            return {
                "id": ids["certificates"],
                "kid": ids["keys"],
                "sid": ids["secrets"],
                "x5t": b64url(self.certificate.fingerprint(hashes.SHA1())),
                "cer": base64.b64encode(self.certificate.public_bytes(serialization.Encoding.DER)).decode(),
                "contentType": "application/x-pem-file",
                "attributes": {"enabled": True},
                "policy": {
                    "key_props": {"exportable": parts[1] != "sealed", "kty": "RSA", "key_size": 2048},
                    "secret_props": {"contentType": self.secret(parts[1])[1]},
                },
            }
        if method == "GET" and parts[0] == "secrets":
            secret = self.secret(parts[1])
            if secret:
                return {"value": secret[0], "contentType": secret[1], "id": ids["secrets"], "attributes": {"enabled": True}}
        if method == "POST" and parts[0] == "keys" and parts[-1] == "sign":
            wanted = json.loads(body)
            expect(set(wanted) == {"alg", "value"}, 0, f"sign with {sorted(wanted)}")
            expect(wanted["alg"] == "PS256", 0, f"sign with alg {wanted['alg']}")
            digest = unb64url(wanted["value"])
            expect(len(digest) == 32, 0, f"a digest of {len(digest)} bytes")
            scheme = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)
            return {"kid": ids["keys"], "value": b64url(self.key.sign(digest, scheme, utils.Prehashed(hashes.SHA256())))}
        return None


class Handler(http.server.BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: "Server"

    def setup(self) -> None:
        if self.server.tls is not None:
            self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def log_message(self, *args: typing.Any) -> None:
        pass

    def _json(self, status: int, value: typing.Any, **headers: str) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        for name, text in headers.items():
            self.send_header(name.replace("_", "-"), text)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def do_GET(self) -> None:
        self._answer("GET", b"")

    def do_POST(self) -> None:
        self._answer("POST", self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def _answer(self, method: str, body: bytes) -> None:
        judge = self.server.judge
        split = urllib.parse.urlsplit(self.path)
        scheme = "https" if self.server.tls else "http"
        url = f"{scheme}://{self.headers['Host']}{split.path}"
        try:
            query = urllib.parse.parse_qs(split.query, strict_parsing=bool(split.query), keep_blank_values=True)
            if not self.server.tls:
                self._plain(method, split.path, query)
            elif split.path.split("/")[1] in ("certificates", "secrets", "keys"):
                self._vault(method, url, split.path, query, body)
            else:
                expect(method == "POST", 0, f"{method} of a token")
                kind = self.headers.get("Content-Type", "").partition(";")[0]
                expect(kind == "application/x-www-form-urlencoded", 900144, f"content type {kind}")
                expect("Authorization" not in self.headers, 0, "Authorization came along")
                form = urllib.parse.parse_qs(body.decode("ascii"), strict_parsing=True)
                tenant, *rest = split.path.strip("/").split("/")
                if rest == ["oauth2", "v2.0", "token"]:
                    self._json(200, judge.token(url, tenant, form))
                elif rest == ["oauth2", "v2.0", "devicecode"]:
                    self._json(200, judge.device_code(form))
                else:
                    self._json(404, {"error": "not_found"})
        except (Refused, ValueError) as error:
            refused = error if isinstance(error, Refused) else Refused(900144, str(error), 400, "invalid_request")
            with judge.lock:
                judge.refused.append(f"{refused.number}: {refused}")
            self._json(
                refused.status,
                {
                    "error": refused.error,
                    "error_description": f"AADSTS{refused.number}: {refused}",
                    "error_codes": [refused.number],
                    "correlation_id": str(uuid.uuid4()),
                },
            )

    def _plain(self, method: str, path: str, query: typing.Dict[str, typing.List[str]]) -> None:
        judge = self.server.judge
        kinds = {
            "/metadata/identity/oauth2/token": "imds",
            "/msi/token": "app-service",
            "/automation/token": "automation",
        }
        if path == "/heard":
            with judge.lock:
                self._json(200, {"taken": judge.taken, "refused": judge.refused})
        elif path in kinds and method == "GET":
            self._json(200, judge.identity(kinds[path], query, self.headers))
        else:
            self._json(404, {"error": "not_found"})

    def _vault(
        self, method: str, url: str, path: str, query: typing.Dict[str, typing.List[str]], body: bytes
    ) -> None:
        expect(single(query, "api-version") is not None, 0, "no api-version")
        offered = self.headers.get("Authorization", "")
        if not offered:
            origin = url.partition("/certificates")[0].partition("/secrets")[0].partition("/keys")[0]
            challenge = f'Bearer authorization="{origin}/{TENANT}", resource="{VAULT_AUDIENCE}"'
            self._json(401, {"error": {"code": "Unauthorized", "message": "no token"}}, WWW_Authenticate=challenge)
            return
        expect(offered.startswith("Bearer "), 0, "not a bearer token")
        try:
            answer = self.server.vault.answer(self.server.judge, method, url, path, offered[7:], body)
        except jwt.InvalidTokenError as error:
            raise Refused(0, f"the vault was shown a wrong token: {error}") from None
        if answer is None:
            self._json(404, {"error": {"code": "SecretNotFound", "message": "not found"}})
        else:
            self._json(200, answer)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, judge: Judge, vault: Vault, tls: typing.Optional[ssl.SSLContext] = None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.judge = judge
        self.vault = vault
        self.tls = tls

    def handle_error(self, request: typing.Any, client_address: typing.Any) -> None:
        """Clients that go away are part of the tests."""
        if not isinstance(sys.exc_info()[1], (OSError, ssl.SSLError)):
            super().handle_error(request, client_address)


def load(path: pathlib.Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", required=True, type=pathlib.Path)
    parser.add_argument("--app-certificate", required=True, type=pathlib.Path)
    parser.add_argument("--pfx", type=pathlib.Path)
    parser.add_argument("--pfx-password", default="")
    arguments = parser.parse_args()

    vault = Vault()
    apps = [load(arguments.app_certificate), vault.certificate]
    judge = Judge(apps, federation(arguments.work))
    pfx = ""
    if arguments.pfx:
        content, password = arguments.pfx.read_bytes(), arguments.pfx_password.encode()
        key, certificate, _ = pkcs12.load_key_and_certificates(content, password)
        if key.public_key() != certificate.public_key():
            raise SystemExit("the key of the PFX is not that of its certificate")
        pfx = certificate.fingerprint(hashes.SHA256()).hex()
    served = make_certificate(arguments.work)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(served.pem, served.key)
    plain, secure = Server(judge, vault), Server(judge, vault, tls)
    for server in (plain, secure):
        threading.Thread(target=server.serve_forever, daemon=True).start()
    print(
        json.dumps(
            {
                "http": f"http://127.0.0.1:{plain.server_port}",
                "https": f"https://localhost:{secure.server_port}",
                "ca": str(served.pem),
                "tenant": TENANT,
                "client": CLIENT,
                "secret": SECRET,
                "identity": IDENTITY,
                "identity_header": IDENTITY_HEADER,
                "resource_id": RESOURCE_ID,
                "audience": AUDIENCE,
                "vault_audience": VAULT_AUDIENCE,
                "issuer": ISSUER,
                "subject": SUBJECT,
                "exchange": EXCHANGE,
                "pfx_sha256": pfx,
                "vaulted_sha256": hashlib.sha256(
                    vault.certificate.public_bytes(serialization.Encoding.DER)
                ).hexdigest(),
            }
        ),
        flush=True,
    )
    sys.stdin.read()


if __name__ == "__main__":
    main()
