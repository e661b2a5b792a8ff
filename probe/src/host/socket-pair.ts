/** warm, once a conversation. A conversation as its local end's socket has it. */
import { TCP, UDP } from '../dissect/transport.ts';
import { isIpv6, isTunnelled } from '../flow/key.ts';
import { FLOW, RECORD_INTS } from '../flow/layout.ts';
import { type FlowStore, UPPER_INTS } from '../flow/store.ts';

/** An address and a port; reused. */
export class SocketEnd {
  /** Four words, first byte highest; an IPv4 address is in the last one, as in a Packet. */
  readonly address = new Int32Array(4);
  port = 0;
}

/** Both ends of a TCP or UDP conversation; reused. */
export class SocketPair {
  protocol = 0;
  isIpv6 = false;
  /** Side 0's and side 1's, as the flow table numbers them. */
  readonly ends = [new SocketEnd(), new SocketEnd()] as const;

  /** @returns false when the conversation has no socket: neither TCP nor UDP, or inside a tunnel */
  read(store: FlowStore, slot: number): boolean {
    const at = slot * RECORD_INTS;
    const kind = store.ints[at + FLOW.KEY_KIND]!;
    const ports = store.ints[at + FLOW.KEY_PORTS]!;
    const [a, b] = this.ends;
    this.protocol = kind & 0xff;
    this.isIpv6 = isIpv6(kind);
    if (isTunnelled(kind) || (this.protocol !== TCP && this.protocol !== UDP)) return false;
    a.address[3] = store.ints[at + FLOW.KEY_A]!;
    b.address[3] = store.ints[at + FLOW.KEY_B]!;
    a.port = ports >>> 16;
    b.port = ports & 0xffff;
    for (let word = 0; word < 3; word++) {
      a.address[word] = this.isIpv6 ? store.upper[slot * UPPER_INTS + word]! : 0;
      b.address[word] = this.isIpv6 ? store.upper[slot * UPPER_INTS + 3 + word]! : 0;
    }
    return true;
  }
}

/** Where a system keeps its sockets. Inodes are the numbers that /proc/PID/fd names them by. */
export interface SocketTable {
  /** @returns inode of the socket of this conversation, else of the one that listens where it is local; 0 for none */
  find(pair: SocketPair, local: SocketEnd, remote: SocketEnd): number;
  /** @returns inode of the socket that takes conversations from anywhere at this end; 0 for none */
  findListening(pair: SocketPair, local: SocketEnd): number;
  close(): void;
}
