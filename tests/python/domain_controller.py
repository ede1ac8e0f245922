"""A domain of its own for the tests: Samba's Active Directory domain controller on one loopback address.

    /usr/bin/python3 domain_controller.py --work DIR --address 127.x.y.z

It needs root (the KDC's port, LDAP's port), the Debian packages `samba`, `winbind` and `krb5-user`, and the system's
Python, which has Samba's modules. One JSON line on standard output says what there is; when standard input ends, so does
the controller, and its folder goes. Its passwords are those of accounts that live for seconds on a loopback address.
"""

import argparse
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time
import typing

import samba.dckeytab  # noqa: F401 (gives Net its export_keytab)
from ldb import FLAG_MOD_DELETE, FLAG_MOD_REPLACE, Dn, Message, MessageElement
from samba.auth import system_session
from samba.dsdb import DSDB_CONTROL_BYPASS_PASSWORD_HASH_OID
from samba.net import Net
from samba.param import LoadParm
from samba.samdb import SamDB

REALM, NETBIOS, ZONE = "PSBRIDGE.TEST", "PSBRIDGE", "psbridge.localhost"
ADMIN_PASSWORD = "Adm1n-of-the-tests!"
PASSWORD = "Corréct-Horse 7"

AES256, AES128, RC4 = 0x10, 0x08, 0x04
NORMAL, DISABLED, TRUSTED_FOR_DELEGATION = 0x200, 0x2, 0x80000
NEVER = 0x7FFFFFFFFFFFFFFF

#: Accounts of people: their attributes.
USERS: typing.Dict[str, typing.Dict[str, typing.Any]] = {
    "alice": {"msDS-SupportedEncryptionTypes": AES256 | AES128 | RC4},
    "aes128": {"msDS-SupportedEncryptionTypes": AES128},
    "rc4": {"msDS-SupportedEncryptionTypes": RC4},  # see fill()
    "disabled": {"userAccountControl": NORMAL | DISABLED},
    "locked": {},
    "expired": {"accountExpires": 132_000_000_000_000_000},
    "mustchange": {"pwdLastSet": 0},
}

#: Accounts of services: their names on the network and the keys that they have.
SERVICES = {
    "svc-mail": (["HTTP/mail", "host/mail"], AES256 | AES128 | RC4, TRUSTED_FOR_DELEGATION),
    "svc-aes256": (["HTTP/aes256", "host/aes256"], AES256, 0),
    "svc-aes128": (["HTTP/aes128", "host/aes128"], AES128, 0),
    "svc-rc4": (["HTTP/rc4", "host/rc4"], RC4, 0),
    # HTTP/ only, as for a web server under an account of its own.
    "svc-web": (["HTTP/web"], AES256, 0),
    # host/ only, as on a machine whose HTTP/ belongs to nobody.
    "svc-plain": (["host/plain"], AES256, 0),
}

SMB_CONF = """[global]
	workgroup = {netbios}
	realm = {realm}
	netbios name = DC
	server role = active directory domain controller
	server services = ldap cldap kdc rpc winbindd
	interfaces = {address}/8
	bind interfaces only = yes
	private dir = {ad}/private
	state directory = {ad}/state
	cache directory = {ad}/cache
	lock directory = {ad}
	pid directory = {ad}
	ncalrpc dir = {ad}/ncalrpc
	winbindd socket directory = {ad}/winbindd
	ntp signd socket directory = {ad}/ntp_signd
	binddns dir = {ad}/bind-dns
	log file = {ad}/log
	max log size = 0
	kdc default domain supported enctypes = {every}
	tls enabled = no
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
{more}
[realms]
	{realm} = {{
		kdc = {address}:88
		kpasswd_server = {address}:464
	}}

[domain_realm]
	.{zone} = {realm}
	{zone} = {realm}
"""


class Controller:
    def __init__(self, work: pathlib.Path, address: str) -> None:
        self.work = work
        self.address = address
        self.ad = work / "ad"
        self.smb_conf = work / "smb.conf"
        self.krb5_conf = work / "krb5.conf"
        self.krb5_conf_rc4 = work / "krb5-rc4.conf"
        self.keytabs: typing.Dict[str, str] = {}

    def provision(self) -> None:
        words = ["samba-tool", "domain", "provision", "--server-role=dc", "--dns-backend=SAMBA_INTERNAL"]
        words += [f"--realm={REALM}", f"--domain={NETBIOS}", "--host-name=dc", f"--host-ip={self.address}"]
        words += [f"--adminpass={ADMIN_PASSWORD}", f"--targetdir={self.ad}", "--quiet"]
        words += ["--option=interfaces=lo", "--option=bind interfaces only=yes", "--option=dns forwarder="]
        done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        if done.returncode:
            raise SystemExit(f"samba-tool domain provision failed:\n{done.stdout.decode(errors='replace')}")
        values = {"netbios": NETBIOS, "realm": REALM, "zone": ZONE, "address": self.address, "ad": self.ad}
        self.smb_conf.write_text(SMB_CONF.format(every=AES256 | AES128 | RC4, **values))
        self.krb5_conf.write_text(KRB5_CONF.format(more="", **values))
        self.krb5_conf_rc4.write_text(KRB5_CONF.format(more=ONLY_RC4, **values))

    def fill(self) -> None:
        """The accounts and keytabs, written straight into the directory: a process for each would take seconds."""
        parameters = LoadParm()
        parameters.load(str(self.smb_conf))
        directory = SamDB(
            url=str(self.ad / "private/sam.ldb"), session_info=system_session(parameters), lp=parameters
        )
        base = directory.domain_dn()

        def change(dn: typing.Any, values: typing.Dict[str, typing.Any], relax: bool = False) -> None:
            message = Message(dn if isinstance(dn, Dn) else Dn(directory, dn))
            for name, value in values.items():
                value = [str(one) for one in (value if isinstance(value, list) else [value])]
                message[name] = MessageElement(value, FLAG_MOD_REPLACE, name)
            directory.modify(message, ["relax:0"] if relax else [])

        def dn(name: str) -> str:
            return f"CN={name},CN=Users,{base}"

        change(base, {"pwdProperties": 0, "minPwdLength": 1, "minPwdAge": 0, "lockoutThreshold": 0})
        with_keys = [(name, values.get("msDS-SupportedEncryptionTypes")) for name, values in USERS.items()]
        with_keys += [(name, keys) for name, (_, keys, _) in SERVICES.items()]
        for name, keys in with_keys:
            directory.newuser(name, PASSWORD)
            if keys is not None:
                # Keys are made with the password; which are used is asked each time.
                change(dn(name), {"msDS-SupportedEncryptionTypes": keys})
        for name, (names, _, flags) in SERVICES.items():
            full = [f"{service}.{ZONE}" for service in names]
            change(dn(name), {"servicePrincipalName": full, "userAccountControl": NORMAL | flags})
        for name, values in USERS.items():
            rest = {key: value for key, value in values.items() if key != "msDS-SupportedEncryptionTypes"}
            if rest:
                change(dn(name), rest)
        # Old accounts have no other keys: their passwords were set before the domain knew AES.
        old = Message(Dn(directory, dn("rc4")))
        old["keys"] = MessageElement([], FLAG_MOD_DELETE, "supplementalCredentials")
        directory.modify(old, [f"local_oid:{DSDB_CONTROL_BYPASS_PASSWORD_HASH_OID}:0"])
        filetime = int((time.time() + 11_644_473_600) * 10_000_000)
        change(dn("locked"), {"lockoutTime": filetime, "badPwdCount": 5}, relax=True)

        net = Net(None, parameters)

        def export(file: str, principal: str) -> None:
            path = self.work / f"{file}.keytab"
            net.export_keytab(keytab=str(path), principal=principal)
            self.keytabs[file] = str(path)

        for names, _, _ in SERVICES.values():
            for name in names:
                export("services", f"{name}.{ZONE}@{REALM}")
        for name in ("alice", "aes128", "rc4"):
            export(name, f"{name}@{REALM}")

    def start(self) -> subprocess.Popen:
        (self.ad / "winbindd").mkdir(mode=0o755, exist_ok=True)
        self.log = open(self.work / "samba.log", "wb")
        # In the foreground Samba ends when its standard input does, even if this process is killed.
        return subprocess.Popen(
            ["samba", "--interactive", "--model=single", f"--configfile={self.smb_conf}"],
            stdin=subprocess.PIPE,
            stdout=self.log,
            stderr=subprocess.STDOUT,
            preexec_fn=os.setpgrp,
        )

    def wait(self, samba: subprocess.Popen) -> None:
        limit = time.monotonic() + 60
        for port in (88, 464, 389):
            while True:
                try:
                    socket.create_connection((self.address, port), timeout=5).close()
                    break
                except OSError:
                    if samba.poll() is not None or time.monotonic() > limit:
                        text = (self.work / "samba.log").read_text(errors="replace")
                        raise SystemExit(f"samba does not serve port {port}:\n{text}")
                    time.sleep(0.05)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", required=True, type=pathlib.Path)
    parser.add_argument("--address", required=True)
    arguments = parser.parse_args()
    controller = Controller(arguments.work.resolve(), arguments.address)
    controller.provision()
    controller.fill()
    samba_process = controller.start()
    try:
        controller.wait(samba_process)
        ready = {
            "realm": REALM,
            "netbios": NETBIOS,
            "zone": ZONE,
            "kdc": f"{controller.address}:88",
            "krb5_conf": str(controller.krb5_conf),
            "krb5_conf_rc4": str(controller.krb5_conf_rc4),
            "smb_conf": str(controller.smb_conf),
            "password": PASSWORD,
            **{f"{name}.keytab": path for name, path in controller.keytabs.items()},
        }
        print(json.dumps(ready), flush=True)
        sys.stdin.read()
    finally:
        os.killpg(samba_process.pid, signal.SIGTERM)
        samba_process.wait(timeout=10)
        shutil.rmtree(controller.work, ignore_errors=True)


if __name__ == "__main__":
    main()
