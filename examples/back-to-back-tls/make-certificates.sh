#!/bin/sh
# Makes an authority of your own and a certificate for each end, for mutual TLS.
#
#   make-certificates.sh FOLDER NAME...
#   make-certificates.sh tls central.example.org edge-1.example.org
#
# FOLDER/ca.pem goes to both ends, NAME.pem and NAME.key to the machine of that name. FOLDER/ca.key signs further ones and
# belongs on neither: keep it elsewhere. A NAME may be an IP address. Called again, it keeps what is there and adds what is
# missing. DAYS (825) is how long certificates hold, CA_DAYS (3650) how long the authority's does.
# Keys are RSA, in PKCS #8: Logstash's tcp output takes no other. Needs OpenSSL 3.
set -eu
if [ $# -lt 2 ]; then
  sed -n '2,11s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
folder=$1
shift
umask 077
mkdir -p "$folder"
cd "$folder"

new_key() {
  openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -out "$1" 2>/dev/null
}

if [ ! -e ca.key ]; then
  new_key ca.key
  openssl req -x509 -new -key ca.key -sha256 -days "${CA_DAYS:-3650}" -subj '/CN=nanogelf authority' -out ca.pem \
    -addext keyUsage=critical,keyCertSign,cRLSign
  chmod 644 ca.pem
fi

for name in "$@"; do
  [ ! -e "$name.pem" ] || continue
  case $name in
    *:*) kind=IP ;;
    *[!0-9.]*) kind=DNS ;;
    *) kind=IP ;;
  esac
  new_key "$name.key"
  openssl req -x509 -new -key "$name.key" -CA ca.pem -CAkey ca.key -sha256 -days "${DAYS:-825}" -subj "/CN=$name" \
    -out "$name.pem" -addext "subjectAltName=$kind:$name" -addext extendedKeyUsage=serverAuth,clientAuth \
    -addext basicConstraints=critical,CA:FALSE
  chmod 644 "$name.pem"
  echo "$name.pem and $name.key, valid for ${DAYS:-825} days"
done
