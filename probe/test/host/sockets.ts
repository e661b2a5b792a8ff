/** A process with sockets of every kind, and what is asked about them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { addressWords } from '../../src/dissect/address-words.ts';
import { TCP, UDP } from '../../src/dissect/transport.ts';
import { SocketPair } from '../../src/host/socket-pair.ts';

export interface Talk {
  readonly protocol: number;
  /** Addresses and ports; the local one first. */
  readonly local: readonly [string, number];
  readonly remote: readonly [string, number];
}

/** Opens a TCP server for both IP versions, a client for each, and a bound and a connected UDP socket; tells the ports. */
const HOLDER = `
import net from 'node:net';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { openSync } from 'node:fs';
const accepted = [];
const server = net.createServer(socket => { accepted.push(socket); }).listen(0, '::');

await once(server, 'listening');
const { port } = server.address();
const v4 = net.connect(port, '127.0.0.1');
const v6 = net.connect(port, '::1');
await Promise.all([once(v4, 'connect'), once(v6, 'connect')]);
while (accepted.length < 2) await once(server, 'connection');
const bound = dgram.createSocket('udp4').bind(0);
await once(bound, 'listening');
const connected = dgram.createSocket('udp4');
connected.connect(bound.address().port, '127.0.0.1');
await once(connected, 'connect');
console.log(JSON.stringify({ port, v4: v4.localPort, v6: v6.localPort,
  bound: bound.address().port, connected: connected.address().port }));
process.stdin.on('data', () => {
  for (const socket of [...accepted, v4, v6]) socket.destroy();
  // Other files take the descriptors that become free.
  server.close(() => { for (let n = 0; n < 50; n++) openSync('/dev/null'); console.log('"closed"'); });
});
`;

export class Holder {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  #talks: { readonly [what: string]: Talk } = {};

  private constructor() {
    this.#child = spawn(process.execPath, ['--input-type=module', '-e', HOLDER], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  static async start(): Promise<Holder> {
    const holder = new Holder();
    const { port, v4, v6, bound, connected } = await holder.#answer();
    const tcp = { protocol: TCP };
    holder.#talks = {
      'TCP client': { ...tcp, local: ['127.0.0.1', v4], remote: ['127.0.0.1', port] },
      'TCP server, IPv4 on a socket of both': { ...tcp, local: ['127.0.0.1', port], remote: ['127.0.0.1', v4] },
      'TCP client, IPv6': { ...tcp, local: ['::1', v6], remote: ['::1', port] },
      'TCP server, IPv6': { ...tcp, local: ['::1', port], remote: ['::1', v6] },
      'UDP bound': { protocol: UDP, local: ['127.0.0.1', bound], remote: ['127.0.0.1', connected] },
      'UDP connected': { protocol: UDP, local: ['127.0.0.1', connected], remote: ['127.0.0.1', bound] },
    };
    return holder;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get talks(): { readonly [what: string]: Talk } {
    return this.#talks;
  }

  /** Closes its TCP sockets and opens files in their place. */
  async closeSockets(): Promise<void> {
    this.#child.stdin!.write('close\n');
    await this.#answer();
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise(resolve => this.#child.on('close', resolve));
    this.#child.kill('SIGKILL');
    await ended;
  }

  async #answer() {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error('the holder of the sockets ended');
    return JSON.parse(value);
  }
}

/** @returns the talk as a socket table is asked for it; the local end is side 0 */
export function pairOf({ protocol, local, remote }: Talk): SocketPair {
  const pair = new SocketPair();
  pair.protocol = protocol;
  pair.isIpv6 = local[0].includes(':');
  [local, remote].forEach(([address, port], side) => {
    pair.ends[side as 0 | 1].address.set(addressWords(address));
    pair.ends[side as 0 | 1].port = port;
  });
  return pair;
}
