/** hot. Knows the probe's own datagrams, so that it never reports what it sends. */
import type { Packet } from './packet.ts';
import { UDP } from './transport.ts';

const PORTS = 65_536;

export class OwnTraffic {
  /** By our own port: the port it sends to, 0 for none. */
  readonly #remotePorts = new Uint16Array(PORTS);

  /** Says anew which paths are ours: sockets come and go with the addresses of their destinations. */
  mark(localPort: number, remotePort: number): void {
    this.#remotePorts[localPort] = remotePort;
  }

  clear(): void {
    this.#remotePorts.fill(0);
  }

  has(packet: Packet): boolean {
    return packet.protocol === UDP && packet.dstPort !== 0 && this.#remotePorts[packet.srcPort] === packet.dstPort;
  }
}
