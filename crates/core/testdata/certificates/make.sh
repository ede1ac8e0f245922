#!/bin/sh
# Makes the certificates and keys of this folder anew, with OpenSSL 3. They protect nothing.
# Every password is `pässword`, except where the name says otherwise.
set -eu
cd "$(dirname "$0")"
export LC_ALL=C.UTF-8
password='pässword'
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
days=36500

openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/root.key" -out "$work/root.pem" -days $days \
    -subj '/CN=psbridge test root' -addext 'basicConstraints=critical,CA:TRUE' 2>/dev/null
openssl req -newkey rsa:2048 -nodes -keyout "$work/middle.key" -out "$work/middle.csr" \
    -subj '/CN=psbridge test issuer' 2>/dev/null
printf 'basicConstraints=critical,CA:TRUE\n' > "$work/ca.ext"
openssl x509 -req -in "$work/middle.csr" -CA "$work/root.pem" -CAkey "$work/root.key" -days $days \
    -extfile "$work/ca.ext" -out "$work/middle.pem" 2>/dev/null
openssl req -newkey rsa:2048 -nodes -keyout "$work/leaf.key" -out "$work/leaf.csr" \
    -subj '/O=Corp/CN=exchange app' 2>/dev/null
printf 'extendedKeyUsage=clientAuth\n' > "$work/leaf.ext"
openssl x509 -req -in "$work/leaf.csr" -CA "$work/middle.pem" -CAkey "$work/middle.key" -days $days \
    -extfile "$work/leaf.ext" -out leaf.pem 2>/dev/null

# The chain in no order, a stranger among it.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/ec.key" -out ec.pem \
    -days $days -subj '/CN=elliptic app' 2>/dev/null
cat "$work/root.pem" ec.pem leaf.pem "$work/middle.pem" > chain.pem

openssl rsa -in "$work/leaf.key" -traditional -out pkcs1.key 2>/dev/null
openssl pkcs8 -topk8 -nocrypt -in "$work/leaf.key" -out pkcs8.key
openssl ec -in "$work/ec.key" -out sec1.key 2>/dev/null
openssl pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA256 -passout "pass:$password" -in "$work/leaf.key" \
    -out encrypted-aes256.key
openssl pkcs8 -topk8 -v2 des3 -v2prf hmacWithSHA1 -passout "pass:$password" -in "$work/leaf.key" \
    -out encrypted-3des.key
openssl rsa -in "$work/leaf.key" -traditional -aes128 -passout "pass:$password" -out encrypted-traditional.key 2>/dev/null

pfx() {
    name=$1
    shift
    openssl pkcs12 -export -inkey "$work/leaf.key" -in leaf.pem -certfile "$work/all.pem" -name app \
        -out "$name.pfx" "$@"
}
cat "$work/root.pem" "$work/middle.pem" > "$work/all.pem"
pfx modern -passout "pass:$password" -keypbe AES-256-CBC -certpbe AES-256-CBC -macalg sha256
# What Windows exported for twenty years.
pfx legacy-3des -passout "pass:$password" -legacy -keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg sha1
pfx legacy-rc2 -passout "pass:$password" -legacy -keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-RC2-40 -macalg sha1
pfx no-mac -passout "pass:$password" -nomac -keypbe AES-256-CBC -certpbe AES-256-CBC
pfx empty-password -passout pass: -keypbe AES-256-CBC -certpbe AES-256-CBC -macalg sha256
openssl pkcs12 -export -nokeys -in leaf.pem -passout "pass:$password" -out no-key.pfx
openssl pkcs12 -export -inkey "$work/ec.key" -in ec.pem -passout "pass:$password" -out ec.pfx

for hash in sha1 sha256; do
    openssl x509 -in leaf.pem -noout -fingerprint "-$hash" | sed 's/.*=//; s/://g' | tr A-F a-f
done > fingerprints.txt
chmod 644 ./*.key ./*.pfx
