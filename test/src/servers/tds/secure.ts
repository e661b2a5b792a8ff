// cold. TLS inside TDS: the handshake travels in pre-login packets, what follows in the open. Source: MS-TDS section 3.3.5.
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { createSecureContext, TLSSocket } from 'node:tls';

const PRE_LOGIN = 18;

export interface SecureSide {
  /** Takes the content of a pre-login packet, and bytes of the socket once TLS stands. */
  push(bytes: Buffer): void;
  readonly isSecure: boolean;
  readonly socket: TLSSocket;
}

/** @returns the server's side of TLS over the socket */
export function secure(socket: Socket, cert: Buffer, key: Buffer): SecureSide {
  let isSecure = false;
  const carrier = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      socket.write(isSecure ? chunk : wrapped(chunk));
      done();
    },
  });
  const tls = new TLSSocket(carrier, {
    isServer: true,
    secureContext: createSecureContext({ cert, key, maxVersion: 'TLSv1.2' }),
  });
  tls.on('error', () => socket.destroy());
  // The last flight of the handshake still travels in packets.
  tls.on('secure', () => setImmediate(() => (isSecure = true)));
  return {
    push: bytes => carrier.push(bytes),
    get isSecure() {
      return isSecure;
    },
    socket: tls,
  };
}

function wrapped(content: Buffer): Buffer {
  const length = content.length + 8;
  return Buffer.concat([Buffer.of(PRE_LOGIN, 1, length >> 8, length & 255, 0, 0, 1, 0), content]);
}
