"""The second judge: MIT's KDC with a realm of its own, in a folder of its own, on a port of its own.

    mit_kdc.py --work DIR [--shift SECONDS]

Needs no root, only the Debian packages `krb5-kdc`, `krb5-admin-server` and `krb5-user`, and `libfaketime` when its clock
is to be shifted. One JSON line on standard output says what there is; when standard input ends, so does the KDC, and its
folder goes.
"""

import argparse
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import time
import typing

REALM, ZONE = "MIT.TEST", "psbridge.localhost"
PASSWORD = "Corréct-Horse 7"
FAKETIME = "/usr/lib/{}/faketime/libfaketime.so.1"

AES256, AES128, AES256_SHA2, RC4 = (
    f"{name}:normal"
    for name in ("aes256-cts-hmac-sha1-96", "aes128-cts-hmac-sha1-96", "aes256-cts-hmac-sha384-192", "arcfour-hmac")
)

USERS = {"alice": f"{AES256},{AES128}", "aes128": AES128, "rc4": RC4, "sha2": AES256_SHA2}
SERVICES = {"mail": f"{AES256},{AES128},{RC4}", "aes256": AES256, "aes128": AES128, "rc4": RC4, "sha2": AES256_SHA2}

KDC_CONF = """[kdcdefaults]
	kdc_listen = 127.0.0.1:{port}
	kdc_tcp_listen = 127.0.0.1:{port}

[realms]
	{realm} = {{
		database_name = {work}/principal
		key_stash_file = {work}/stash
		acl_file = {work}/none.acl
		max_life = 10h
		supported_enctypes = {every}
		default_principal_flags = +preauth
	}}

[logging]
	kdc = FILE:{work}/kdc.log
"""

#: What makes a client one of the days before AES: it would agree on AES with the endpoint otherwise (RFC 4537).
ONLY_RC4 = "\tpermitted_enctypes = arcfour-hmac\n"

KRB5_CONF = """[libdefaults]
	default_realm = {realm}
	dns_lookup_realm = false
	dns_lookup_kdc = false
	dns_canonicalize_hostname = false
	rdns = false
	qualify_shortname = ""
	udp_preference_limit = 1
	forwardable = true
	allow_rc4 = true
{more}
[realms]
	{realm} = {{
		kdc = 127.0.0.1:{port}
	}}

[domain_realm]
	.{zone} = {realm}
	{zone} = {realm}
"""


def faketime() -> typing.Optional[str]:
    for machine in sorted(pathlib.Path("/usr/lib").glob("*-linux-gnu*")):
        library = FAKETIME.format(machine.name)
        if os.path.exists(library):
            return library
    return None


def free_port() -> int:
    with socket.socket() as stream, socket.socket(type=socket.SOCK_DGRAM) as datagram:
        stream.bind(("127.0.0.1", 0))
        datagram.bind(("127.0.0.1", stream.getsockname()[1]))
        return stream.getsockname()[1]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", required=True, type=pathlib.Path)
    parser.add_argument("--shift", type=int, default=0, help="seconds by which the clock of the KDC is ahead")
    arguments = parser.parse_args()
    work = arguments.work.resolve()
    port = free_port()
    every = ",".join((AES256, AES128, AES256_SHA2, RC4)).replace(",", " ")
    values = {"work": work, "port": port, "realm": REALM, "zone": ZONE, "every": every}
    (work / "kdc.conf").write_text(KDC_CONF.format(**values))
    (work / "krb5.conf").write_text(KRB5_CONF.format(more="", **values))
    (work / "krb5-rc4.conf").write_text(KRB5_CONF.format(more=ONLY_RC4, **values))
    environment = {
        **os.environ,
        "KRB5_CONFIG": str(work / "krb5.conf"),
        "KRB5_KDC_PROFILE": str(work / "kdc.conf"),
        "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin",
    }
    shifted = dict(environment)
    if arguments.shift:
        library = faketime()
        if library is None:
            raise SystemExit("no libfaketime")
        shifted.update(LD_PRELOAD=library, FAKETIME=f"{arguments.shift:+d}", DONT_FAKE_MONOTONIC="1")

    def run(*words: str, given: str = "") -> None:
        done = subprocess.run(
            words, env=shifted, input=given.encode(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        if done.returncode:
            raise SystemExit(f"{words[0]} failed:\n{done.stdout.decode(errors='replace')}")

    run("kdb5_util", "create", "-s", "-r", REALM, "-P", "master-of-the-tests")
    keytab = work / "services.keytab"
    queries = [f'addprinc -pw "{PASSWORD}" -e {keys} {name}' for name, keys in USERS.items()]
    queries += [f'addprinc -pw "{PASSWORD}" -e {AES256} -expire "2020-01-01" expired']
    queries += [f'addprinc -pw "{PASSWORD}" -e {AES256} +needchange mustchange']
    queries += [f'addprinc -pw "{PASSWORD}" -e {AES256} -allow_tix disabled']
    for service, keys in SERVICES.items():
        for kind in ("HTTP", "host"):
            principal = f"{kind}/{service}.{ZONE}"
            queries += [f"addprinc -randkey -e {keys} {principal}", f"ktadd -norandkey -k {keytab} {principal}"]
    users = {name: work / f"{name}.keytab" for name in USERS}
    queries += [f"ktadd -norandkey -k {path} {name}" for name, path in users.items()]
    run("kadmin.local", "-r", REALM, given="".join(f"{query}\n" for query in queries))

    # The shell ends the KDC when its own input ends, even if this process is killed.
    supervise = 'krb5kdc -n -r "$1" & kdc=$!; cat >/dev/null; kill "$kdc"; wait "$kdc"'
    process = subprocess.Popen(
        ["sh", "-c", supervise, "sh", REALM], env=shifted, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    try:
        limit = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=5).close()
                break
            except OSError:
                if time.monotonic() > limit:
                    raise SystemExit("the KDC does not get ready") from None
                time.sleep(0.05)
        ready = {
            "realm": REALM,
            "zone": ZONE,
            "kdc": f"127.0.0.1:{port}",
            "krb5_conf": str(work / "krb5.conf"),
            "krb5_conf_rc4": str(work / "krb5-rc4.conf"),
            "password": PASSWORD,
            "services.keytab": str(keytab),
            **{f"{name}.keytab": str(path) for name, path in users.items()},
        }
        print(json.dumps(ready), flush=True)
        sys.stdin.read()
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(timeout=10)
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
