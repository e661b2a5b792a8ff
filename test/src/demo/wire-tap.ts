// cold. Somebody on the wire between probe and relay: passes each datagram on as it came, and keeps a copy.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

const KEPT_DATAGRAMS = 10_000; // an hour of the demo, some 10 MB; what comes after it is passed on unkept

export class WireTap {
  readonly datagrams: Buffer[] = [];
  /** Datagrams that were passed on. */
  passed = 0;
  readonly port: number;
  readonly #socket: Socket;

  private constructor(socket: Socket, relayPort: number) {
    this.#socket = socket;
    this.port = socket.address().port;
    socket.on('message', datagram => {
      this.passed++;
      if (this.datagrams.length < KEPT_DATAGRAMS) this.datagrams.push(datagram);
      socket.send(datagram, relayPort, '127.0.0.1');
    });
  }

  /** @param relayPort on loopback, where all goes */
  static async open(relayPort: number): Promise<WireTap> {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new WireTap(socket, relayPort);
  }

  close(): void {
    this.#socket.close();
  }
}

/** @returns those of the texts that can be read in any of the datagrams */
export const readableIn = (datagrams: readonly Buffer[], texts: readonly string[]): string[] =>
  texts.filter(text => datagrams.some(datagram => datagram.includes(text)));

/** @returns a UDP port that nothing listens on now */
export async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}
