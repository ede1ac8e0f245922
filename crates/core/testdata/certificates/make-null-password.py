#!/usr/bin/env python3
"""Makes PFX files whose password is null, which is not the same as empty: Azure Key Vault gives such files.

The command line of OpenSSL cannot, its library can. Needs leaf.pem and pkcs8.key of make.sh.
"""

import ctypes
import pathlib

HERE = pathlib.Path(__file__).parent
crypto = ctypes.CDLL("libcrypto.so.3")
for name in ["OSSL_PROVIDER_load", "BIO_new_mem_buf", "BIO_new_file", "PEM_read_bio_PrivateKey",
             "PEM_read_bio_X509", "PKCS12_create"]:
    getattr(crypto, name).restype = ctypes.c_void_p
for provider in [b"default", b"legacy"]:
    assert crypto.OSSL_PROVIDER_load(None, provider), provider


def read(name, reader):
    data = (HERE / name).read_bytes()
    bio = ctypes.c_void_p(crypto.BIO_new_mem_buf(data, len(data)))
    return ctypes.c_void_p(reader(bio, None, None, None))


def nid(name):
    return -1 if name is None else crypto.OBJ_sn2nid(name)


key = read("pkcs8.key", crypto.PEM_read_bio_PrivateKey)
certificate = read("leaf.pem", crypto.PEM_read_bio_X509)
FORMS = {
    "null-3des": (b"PBE-SHA1-3DES", b"PBE-SHA1-3DES"),
    "null-rc2": (b"PBE-SHA1-3DES", b"PBE-SHA1-RC2-40"),
    "null-aes256": (b"AES-256-CBC", b"AES-256-CBC"),
    "null-clear": (None, None),
}
for name, (for_key, for_certificate) in FORMS.items():
    pfx = ctypes.c_void_p(
        crypto.PKCS12_create(None, b"app", key, certificate, None, nid(for_key), nid(for_certificate), 2000, 2000, 0)
    )
    assert pfx, name
    bio = ctypes.c_void_p(crypto.BIO_new_file(str(HERE / f"{name}.pfx").encode(), b"wb"))
    assert crypto.i2d_PKCS12_bio(bio, pfx) == 1
    crypto.BIO_free(bio)
