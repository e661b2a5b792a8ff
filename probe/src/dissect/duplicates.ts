/** hot. Recognises the same packet on a second device: both ends of a veth, a bridge and its port, a VLAN and its parent,
 *  a forwarding host's two sides. Without it `any` counts such packets twice and takes the copies for retransmissions. */
import type { Packet } from './packet.ts';
import { TCP } from './transport.ts';
import { sharedId, tunnelKind } from './tunnel-kinds.ts';

/** Between two devices of a host lie microseconds, or the queue in front of a slow one; a repeated packet comes no sooner
 *  than 200 ms later (RTO_MIN of Linux), and on the device of the first. */
const WINDOW_US = 100_000;
/** Packets remembered: 100 ms at 160,000 a second; more push out the oldest of their set. 256 KiB. */
const SETS = 4096;
const WAYS = 4;

export class Duplicates {
  readonly #digests = new Int32Array(SETS * WAYS);
  readonly #checks = new Int32Array(SETS * WAYS);
  readonly #ifaces = new Int32Array(SETS * WAYS).fill(-1);
  /** Modulo 2^32 µs. */
  readonly #times = new Int32Array(SETS * WAYS);

  /** @param packet dissected
   *  @returns whether it was seen on another interface shortly before. The same bytes once more on the interface where
   *  they were seen first are a packet that was sent again */
  has(packet: Packet): boolean {
    const digest = digestOf(packet);
    const check = checkOf(packet);
    const now = packet.tsUs | 0;
    const from = (digest >>> 20) * WAYS;
    let place = from;
    let oldestUs = -1;
    for (let at = from; at < from + WAYS; at++) {
      // Rings of several devices are read in turn: a copy may be met before what it was copied from.
      const agoUs = Math.min(Math.abs((now - this.#times[at]!) | 0), WINDOW_US + 1);
      const isSame = this.#digests[at] === digest && this.#checks[at] === check && this.#ifaces[at] !== -1;
      if (isSame && agoUs <= WINDOW_US) {
        if (this.#ifaces[at] !== packet.iface) return true;
        this.#times[at] = now;
        return false;
      }
      if (agoUs <= oldestUs) continue;
      oldestUs = agoUs;
      place = at;
    }
    this.#digests[place] = digest;
    this.#checks[place] = check;
    this.#ifaces[place] = packet.iface;
    this.#times[place] = now;
    return false;
  }
}

/** Of what stays the same from device to device: not the link layer, the TTL or the checksums, which offloading leaves
 *  unfinished; but the tunnels, since a packet in a tunnel is another conversation than the same outside. */
function digestOf(packet: Packet): number {
  let hash = mix(packet.src3, packet.dst3);
  if (packet.ipVersion === 6)
    hash = mix(mix(hash, packet.src0 ^ packet.src1 ^ packet.src2), packet.dst0 ^ packet.dst1 ^ packet.dst2);
  hash = mix(hash, (packet.srcPort << 16) | packet.dstPort);
  hash = mix(hash, (packet.protocol << 24) ^ packet.payloadBytes);
  if (packet.protocol === TCP) hash = mix(mix(hash, packet.seq), (packet.tcpFlags << 16) | packet.window);
  for (let depth = 0; depth < packet.tunnelDepth; depth++) {
    const kind = tunnelKind(packet.tunnelKinds, depth);
    hash = mix(hash, sharedId(kind, packet.tunnelIds[depth]!) ^ (kind << 24));
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
}

/** What else tells two packets apart, so that a digest that two share by chance does no harm: what TCP counts, the
 *  identification of IPv4, the first bytes of a payload. */
function checkOf({ view, networkAt, ipVersion, protocol, seq, ack, payloadAt, payloadCaptured }: Packet): number {
  const id = ipVersion === 4 ? view.getUint16(networkAt + 4) : 0;
  if (protocol === TCP) return mix(mix(id, ack), seq);
  return payloadCaptured < 8 ? mix(id, 0) : mix(mix(id, view.getInt32(payloadAt)), view.getInt32(payloadAt + 4));
}

/** One step of MurmurHash3. Source: https://github.com/aappleby/smhasher */
function mix(hash: number, word: number): number {
  const scrambled = Math.imul(word, 0xcc9e2d51);
  const mixed = hash ^ Math.imul((scrambled << 15) | (scrambled >>> 17), 0x1b873593);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}
