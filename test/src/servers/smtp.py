# An SMTP server that offers STARTTLS: aiosmtpd, from Debian's python3-aiosmtpd. Arguments: port, certificate, key.
import asyncio
import ssl
import sys

from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import SMTP

port, certificate, key = sys.argv[1:]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)


async def main():
    loop = asyncio.get_running_loop()
    make = lambda: SMTP(Sink(), tls_context=context, loop=loop)
    server = await loop.create_server(make, "127.0.0.1", int(port))
    print("ready", flush=True)
    await server.serve_forever()


asyncio.run(main())
