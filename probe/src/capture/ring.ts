/** hot. One TPACKET_V3 ring: blocks of frames that the kernel fills and we read in place.
 *  Source: linux/if_packet.h (struct tpacket_block_desc, struct tpacket3_hdr, struct sockaddr_ll) */

import { type Program, RET_K } from './bpf.ts';
import { LINKTYPE_RAW } from './file-format.ts';
import { PacketSocket, type RingShape } from './packet-socket.ts';
import type { RingInterfaces } from './ring-interfaces.ts';
import { RingMemory } from './ring-memory.ts';
import type { CaptureStats, OnFrame } from './source.ts';
import { spreadProgram } from './spread.ts';

/** Lets nothing through. */
const NOTHING: Program = [{ code: RET_K, jt: 0, jf: 0, k: 0 }];

const TP_STATUS_USER = 1;
const TP_STATUS_VLAN_VALID = 0x10;

/** Words of a block's header. */
const BLOCK_STATUS = 2;
const BLOCK_NUM_PKTS = 3;
const BLOCK_OFFSET_TO_FIRST = 4;

/** Words of a frame's header; tp_mac and tp_net share one. */
const NEXT_OFFSET = 0;
const SEC = 1;
const NSEC = 2;
const SNAPLEN = 3;
const LEN = 4;
const STATUS = 5;
const VLAN_TCI = 8;
/** Where they lie in bytes, and the interface in the address behind the header (48 bytes). */
const MAC_AT = 24;
const NET_AT = 26;
const IFINDEX = 13;
const HATYPE_AT = 56;

export class Ring {
  readonly fd: number;
  readonly #socket: PacketSocket;
  readonly #memory: RingMemory;
  readonly #interfaces: RingInterfaces;
  readonly #bytes: Uint8Array;
  readonly #u16: Uint16Array;
  readonly #u32: Uint32Array;
  readonly #status: Int32Array;
  readonly #blockWords: number;
  readonly #blocks: number;
  #block = 0;
  /** The program of a ring that waits for the other members of its group. */
  #waiting: Program | undefined;
  #closed = false;
  readonly #totals = { received: 0, dropped: 0 };

  /** @param ifindex of the device, 0 for all of them
   *  @throws CaptureError when it cannot be opened; nothing stays open then */
  constructor(
    device: string,
    ifindex: number,
    program: Program,
    shape: RingShape,
    interfaces: RingInterfaces,
    how: RingHow,
  ) {
    this.#socket = new PacketSocket(device);
    this.fd = this.#socket.fd;
    this.#interfaces = interfaces;
    this.#blockWords = shape.blockBytes / 4;
    this.#blocks = shape.blocks;
    this.#memory = this.#setUp(ifindex, program, shape, how);
    const { buffer } = this.#memory;
    this.#bytes = new Uint8Array(buffer);
    this.#u16 = new Uint16Array(buffer);
    this.#u32 = new Uint32Array(buffer);
    this.#status = new Int32Array(buffer);
  }

  #setUp(ifindex: number, program: Program, shape: RingShape, how: RingHow): RingMemory {
    let memory: RingMemory | undefined;
    try {
      if (how.group !== undefined) this.#waiting = program;
      this.#socket.attach(this.#waiting === undefined ? program : NOTHING);
      if (how.ignoreOutgoing) this.#socket.ignoreOutgoing();
      this.#socket.setRing(shape);
      memory = new RingMemory(this.fd, shape.blockBytes * shape.blocks);
      this.#socket.bind(ifindex);
      if (how.group !== undefined) this.#socket.join(how.group, spreadProgram());
      if (how.promiscuous) this.#socket.setPromiscuous(ifindex);
      return memory;
    } catch (error) {
      memory?.release();
      this.#socket.close();
      throw error;
    }
  }

  /** Hands over one block and gives it back.
   *  @returns frames handed over; 0 when the kernel has not finished a block */
  drain(onFrame: OnFrame): number {
    if (this.#closed) return 0;
    if (this.#waiting !== undefined) this.#begin(this.#waiting);
    const block = this.#block * this.#blockWords;
    if ((Atomics.load(this.#status, block + BLOCK_STATUS) & TP_STATUS_USER) === 0) return 0;
    try {
      return this.#walk(block, onFrame);
    } finally {
      if (!this.#closed) Atomics.store(this.#status, block + BLOCK_STATUS, 0);
      this.#block = this.#block + 1 === this.#blocks ? 0 : this.#block + 1;
    }
  }

  /** From now on it takes its share: who drains knows that the group is complete, and each conversation has its place. */
  #begin(program: Program): void {
    this.#waiting = undefined;
    this.#socket.attach(program);
  }

  #walk(block: number, onFrame: OnFrame): number {
    const u32 = this.#u32;
    const u16 = this.#u16;
    const bytes = this.#bytes;
    const interfaces = this.#interfaces;
    const count = u32[block + BLOCK_NUM_PKTS] as number;
    let word = block + ((u32[block + BLOCK_OFFSET_TO_FIRST] as number) >>> 2);
    for (let n = 0; n < count && !this.#closed; n++) {
      const at = word << 2;
      const half = word << 1;
      const iface = interfaces.of(u32[word + IFINDEX] as number, u16[half + (HATYPE_AT >> 1)] as number);
      const macAt = u16[half + (MAC_AT >> 1)] as number;
      const skipped = interfaces.linkTypeOf(iface) === LINKTYPE_RAW ? (u16[half + (NET_AT >> 1)] as number) - macAt : 0;
      const capturedBytes = (u32[word + SNAPLEN] as number) - skipped;
      const tsUs = (u32[word + SEC] as number) * 1e6 + (((u32[word + NSEC] as number) / 1000) | 0);
      const tagged = (u32[word + STATUS] as number) & TP_STATUS_VLAN_VALID;
      const vlanTci = tagged === 0 ? -1 : (u32[word + VLAN_TCI] as number);
      if (capturedBytes > 0)
        onFrame(
          bytes,
          at + macAt + skipped,
          capturedBytes,
          (u32[word + LEN] as number) - skipped,
          tsUs,
          iface,
          vlanTci,
        );
      word += (u32[word + NEXT_OFFSET] as number) >>> 2;
    }
    return count;
  }

  /** @returns what the socket fell ill with, or an empty text */
  takeError(): string {
    return this.#closed ? '' : this.#socket.takeError();
  }

  stats(): CaptureStats {
    if (!this.#closed) {
      const { received, dropped } = this.#socket.takeStatistics();
      this.#totals.received += received;
      this.#totals.dropped += dropped;
    }
    return this.#totals;
  }

  /** Nobody may be polling `fd` any more. */
  close(): void {
    if (this.#closed) return;
    this.stats();
    this.#closed = true;
    this.#memory.release();
    this.#socket.close();
  }
}

export interface RingHow {
  readonly promiscuous: boolean;
  readonly ignoreOutgoing: boolean;
  /** Shares the device with the other rings of this group, and hears nothing before its first `drain`. */
  readonly group: number | undefined;
}
