/** warm. Puts the pieces of IP datagrams together. All memory is taken at the beginning; who sends pieces without end
 *  pushes out the oldest. Source: RFC 791 §3.2, RFC 8200 §4.5, RFC 5722 (pieces that overlap are an attack). */
import type { Packet } from './packet.ts';
import { BAD_HEADER, FRAGMENT, TOO_DEEP } from './status.ts';
import { MAX_TUNNELS, sharedId, tunnelKind } from './tunnel-kinds.ts';
import { readDatagram } from './tunnels.ts';

/** In all: 4 MiB. The pieces of a datagram follow each other at once, so this many are open only when pieces get lost. */
export const MAX_DATAGRAMS = 64;
/** Of a datagram: 64 KiB over a link of 576 bytes come in 119. */
export const MAX_PIECES = 128;
/** Long after the last piece came, if it ever does; hosts give up after 30 s and more. */
export const FRAGMENT_TIMEOUT_US = 5_000_000;

const MAX_DATAGRAM_BYTES = 65_535;
/** Before the payload is room for the longest IP header and, before that, the two MAC addresses. */
const PAYLOAD_AT = 72;
const MACS_BYTES = 12;
const IPV6_HEADER_BYTES = 40;
const SLOT_BYTES = PAYLOAD_AT + MAX_DATAGRAM_BYTES + 1;

/** Identification, addresses, protocol, interface, tunnels: what the pieces of a datagram share. */
const KEY_INTS = 12 + MAX_TUNNELS;

const FREE = -1;

export interface FragmentStats {
  /** Datagrams that are whole again, and those that are waiting. */
  reassembled: number;
  open: number;
  /** Datagrams given up: a piece did not come in time, there was no room, pieces overlapped or were too many. */
  expired: number;
  evicted: number;
  overlapping: number;
  overfull: number;
  /** Pieces that came twice. */
  duplicates: number;
}

export class Fragments {
  readonly #bytes = new Uint8Array(MAX_DATAGRAMS * SLOT_BYTES);
  readonly #view = new DataView(this.#bytes.buffer);
  readonly #keys = new Int32Array(MAX_DATAGRAMS * KEY_INTS);
  readonly #key = new Int32Array(KEY_INTS);
  /** When the first piece came, `FREE` where there is no datagram. */
  readonly #startUs = new Float64Array(MAX_DATAGRAMS).fill(FREE);
  readonly #wireBytes = new Float64Array(MAX_DATAGRAMS);
  readonly #receivedBytes = new Int32Array(MAX_DATAGRAMS);
  /** Length of the payload, 0 until the last piece tells; of the IP header, known when the first piece came. */
  readonly #totalBytes = new Int32Array(MAX_DATAGRAMS);
  readonly #headerBytes = new Int32Array(MAX_DATAGRAMS);
  /** First payload byte that was not captured. */
  readonly #capturedEnd = new Int32Array(MAX_DATAGRAMS);
  readonly #pieceCount = new Int32Array(MAX_DATAGRAMS);
  readonly #pieceStart = new Int32Array(MAX_DATAGRAMS * MAX_PIECES);
  readonly #pieceEnd = new Int32Array(MAX_DATAGRAMS * MAX_PIECES);
  readonly #stats = { reassembled: 0, expired: 0, evicted: 0, overlapping: 0, overfull: 0, duplicates: 0 };
  /** Whose memory the packet given back last points into: free, but not to be written yet. */
  #lent = -1;

  /** Takes a packet with status `FRAGMENT`.
   *  @param packet when its datagram is whole now, it becomes that: with the wire bytes of all pieces and the time of
   *  this one; valid until the next call
   *  @returns `FRAGMENT` while pieces are missing, else the status of the whole */
  take(packet: Packet): number {
    this.#lent = -1;
    // Pieces inside a tunnel whose own packets came in pieces.
    for (let depth = 0; depth <= MAX_TUNNELS; depth++) {
      if (!isPossible(packet)) return BAD_HEADER;
      const slot = this.#add(packet);
      if (slot < 0) return FRAGMENT;
      this.#lend(slot, packet);
      const status = readDatagram(packet);
      if (status !== FRAGMENT) return status;
    }
    return TOO_DEEP;
  }

  stats(): FragmentStats {
    return { ...this.#stats, open: this.#startUs.filter(startUs => startUs !== FREE).length };
  }

  /** @returns the slot whose datagram is whole now, or -1 */
  #add(packet: Packet): number {
    const start = packet.fragmentAt;
    const end = start + packet.transportBytes;
    const slot = this.#slotOf(packet);
    if (!this.#accepts(slot, start, end, packet.hasMoreFragments)) return -1;
    const piece = slot * MAX_PIECES + this.#pieceCount[slot]!++;
    this.#pieceStart[piece] = start;
    this.#pieceEnd[piece] = end;
    this.#receivedBytes[slot]! += packet.transportBytes;
    this.#wireBytes[slot]! += packet.wireBytes;
    if (!packet.hasMoreFragments) this.#totalBytes[slot] = end;
    this.#copy(slot, packet);
    return this.#receivedBytes[slot] === this.#totalBytes[slot] ? slot : -1;
  }

  /** Finds the packet's datagram or begins it, and gives up those whose time is over. */
  #slotOf(packet: Packet): number {
    const starts = this.#startUs;
    this.#readKey(packet);
    let free = -1;
    let oldest = -1;
    for (let slot = 0; slot < MAX_DATAGRAMS; slot++) {
      if (starts[slot] !== FREE && Math.abs(packet.tsUs - starts[slot]!) > FRAGMENT_TIMEOUT_US) {
        this.#giveUp(slot, 'expired');
      }
      if (starts[slot] === FREE) free = slot === this.#lent ? free : slot;
      else if (this.#holdsKey(slot)) return slot;
      else if (oldest < 0 || starts[slot]! < starts[oldest]!) oldest = slot;
    }
    if (free < 0) this.#giveUp(oldest, 'evicted');
    return this.#begin(free < 0 ? oldest : free, packet.tsUs);
  }

  #begin(slot: number, tsUs: number): number {
    this.#keys.set(this.#key, slot * KEY_INTS);
    this.#startUs[slot] = tsUs;
    this.#wireBytes[slot] = 0;
    this.#receivedBytes[slot] = 0;
    this.#totalBytes[slot] = 0;
    this.#capturedEnd[slot] = MAX_DATAGRAM_BYTES;
    this.#pieceCount[slot] = 0;
    return slot;
  }

  #giveUp(slot: number, reason: 'expired' | 'evicted' | 'overlapping' | 'overfull'): void {
    this.#stats[reason]++;
    this.#startUs[slot] = FREE;
  }

  #readKey(packet: Packet): void {
    const key = this.#key;
    key[0] = packet.fragmentId;
    key[1] = packet.src3;
    key[2] = packet.dst3;
    key[3] = packet.src0;
    key[4] = packet.src1;
    key[5] = packet.src2;
    key[6] = packet.dst0;
    key[7] = packet.dst1;
    key[8] = packet.dst2;
    // An IPv4 identification counts for each protocol, an IPv6 one for all.
    key[9] = packet.ipVersion === 4 ? packet.protocol : -1;
    key[10] = packet.iface;
    key[11] = packet.tunnelKinds;
    for (let depth = 0; depth < MAX_TUNNELS; depth++)
      key[12 + depth] =
        depth < packet.tunnelDepth ? sharedId(tunnelKind(packet.tunnelKinds, depth), packet.tunnelIds[depth]!) : 0;
  }

  #holdsKey(slot: number): boolean {
    const at = slot * KEY_INTS;
    for (let word = 0; word < KEY_INTS; word++) if (this.#keys[at + word] !== this.#key[word]) return false;
    return true;
  }

  /** Whether this is a piece that is missing. What contradicts the pieces before it ends its datagram. */
  #accepts(slot: number, start: number, end: number, hasMore: boolean): boolean {
    const from = slot * MAX_PIECES;
    const until = from + this.#pieceCount[slot]!;
    for (let piece = from; piece < until; piece++) {
      if (start >= this.#pieceEnd[piece]!) continue;
      // Behind this one, as it has to be unless this one is the last.
      if (end <= this.#pieceStart[piece]! && hasMore) continue;
      if (start === this.#pieceStart[piece] && end === this.#pieceEnd[piece]) this.#stats.duplicates++;
      else this.#giveUp(slot, 'overlapping');
      return false;
    }
    const total = this.#totalBytes[slot]!;
    if (total !== 0 && (end > total || !hasMore)) this.#giveUp(slot, 'overlapping');
    else if (until - from === MAX_PIECES) this.#giveUp(slot, 'overfull');
    return this.#startUs[slot] !== FREE;
  }

  #copy(slot: number, packet: Packet): void {
    const { bytes, networkAt, transportAt, fragmentAt } = packet;
    const captured = Math.max(0, Math.min(packet.transportBytes, packet.end - transportAt));
    const payloadAt = slot * SLOT_BYTES + PAYLOAD_AT;
    this.#bytes.set(bytes.subarray(transportAt, transportAt + captured), payloadAt + fragmentAt);
    if (captured < packet.transportBytes) {
      this.#capturedEnd[slot] = Math.min(this.#capturedEnd[slot]!, fragmentAt + captured);
    }
    if (fragmentAt !== 0) return;
    const headerBytes = packet.ipVersion === 4 ? transportAt - networkAt : IPV6_HEADER_BYTES;
    this.#headerBytes[slot] = headerBytes;
    this.#bytes.set(bytes.subarray(networkAt, networkAt + headerBytes), payloadAt - headerBytes);
    if (packet.ipVersion === 6) this.#bytes[payloadAt - headerBytes + 6] = packet.protocol;
  }

  /** Makes the whole datagram the packet at hand, as if it had never been cut. */
  #lend(slot: number, packet: Packet): void {
    const payloadAt = slot * SLOT_BYTES + PAYLOAD_AT;
    const networkAt = payloadAt - this.#headerBytes[slot]!;
    const total = this.#totalBytes[slot]!;
    if (packet.ipVersion === 4) {
      this.#view.setUint16(networkAt + 2, payloadAt - networkAt + total);
      this.#view.setUint16(networkAt + 6, 0);
    } else this.#view.setUint16(networkAt + 4, total);
    if (packet.macAt >= 0) {
      this.#bytes.set(packet.bytes.subarray(packet.macAt, packet.macAt + MACS_BYTES), networkAt - MACS_BYTES);
      packet.macAt = networkAt - MACS_BYTES;
    }
    packet.bytes = this.#bytes;
    packet.view = this.#view;
    packet.at = packet.networkAt = networkAt;
    packet.end = payloadAt + Math.min(total, this.#capturedEnd[slot]!);
    packet.wireBytes = this.#wireBytes[slot]!;
    this.#startUs[slot] = FREE;
    this.#lent = slot;
    this.#stats.reassembled++;
  }
}

/** All pieces but the last end on a multiple of 8, and none ends where no datagram does. */
function isPossible({ fragmentAt, transportBytes, transportAt, networkAt, hasMoreFragments }: Packet): boolean {
  const isAligned = !hasMoreFragments || (transportBytes & 7) === 0;
  return isAligned && transportBytes > 0 && transportAt - networkAt + fragmentAt + transportBytes <= MAX_DATAGRAM_BYTES;
}
