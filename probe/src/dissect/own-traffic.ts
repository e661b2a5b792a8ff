/** hot. Knows the probe's own datagrams, so that it never reports what it sends. */
import { isIPv4 } from 'node:net';
import { addressWords } from './address-words.ts';
import type { Packet } from './packet.ts';
import { UDP } from './transport.ts';

/** Twice the destinations that `exp-domain` takes. */
const MAX_PATHS = 16;
/** Words of a path: IP version, our port, the port there, four of the address there. */
const STRIDE = 7;

export class OwnTraffic {
  readonly #words = new Int32Array(MAX_PATHS * STRIDE);
  #end = 0;

  /** Says anew which paths are ours: sockets come and go with the addresses of their destinations. The address counts
   *  too, because on a receiver's host another probe may well send from the same port.
   *  @param remoteHost IPv4 or IPv6 address */
  mark(localPort: number, remotePort: number, remoteHost: string): void {
    if (this.#end === this.#words.length) return;
    this.#words.set([isIPv4(remoteHost) ? 4 : 6, localPort, remotePort, ...addressWords(remoteHost)], this.#end);
    this.#end += STRIDE;
  }

  clear(): void {
    this.#end = 0;
  }

  has(packet: Packet): boolean {
    if (packet.protocol !== UDP) return false;
    for (let at = 0; at < this.#end; at += STRIDE) if (this.#isFrom(at, packet)) return true;
    return false;
  }

  #isFrom(at: number, { ipVersion, srcPort, dstPort, dst0, dst1, dst2, dst3 }: Packet): boolean {
    const words = this.#words;
    return (
      words[at + 1] === srcPort &&
      words[at + 2] === dstPort &&
      words[at] === ipVersion &&
      words[at + 6] === (dst3 | 0) &&
      words[at + 3] === (dst0 | 0) &&
      words[at + 4] === (dst1 | 0) &&
      words[at + 5] === (dst2 | 0)
    );
  }
}
