/** warm. Asks the kernel for one socket: 3 µs an answer, however many sockets there are.
 *  Source: sock_diag(7), netlink(7); Linux, include/uapi/linux/inet_diag.h, netlink.h */
import { endianness } from 'node:os';
import { libc } from '../capture/libc.ts';
import { TCP, UDP } from '../dissect/transport.ts';
import type { SocketEnd, SocketPair, SocketTable } from './socket-pair.ts';

const AF_INET = 2;
const AF_INET6 = 10;
const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC = 3 | 0x80000;
const NETLINK_SOCK_DIAG = 4;
const SOCK_DIAG_BY_FAMILY = 20;
const NLM_F_REQUEST = 0x001;
const NLM_F_DUMP = 0x300;
const NLMSG_DONE = 3;
const MSG_DONTWAIT = 0x40;

/** Offsets of the request: struct nlmsghdr, then struct inet_diag_req_v2. */
const REQUEST = { TYPE: 4, FLAGS: 6, SEQ: 8, FAMILY: 16, PROTOCOL: 17, STATES: 20, ID: 24, COOKIE: 64, BYTES: 72 };
/** Offsets in struct inet_diag_sockid. */
const ID = { SPORT: 0, DPORT: 2, SRC: 4, DST: 20 };
/** Offsets of the answer: struct nlmsghdr, then struct inet_diag_msg. */
const ANSWER = { TYPE: 4, SEQ: 8, INODE: 84, BYTES: 88 };
const ALL = 0xffff_ffff;
/** One answer with the attributes that some kernels add. */
const RECEIVE_BYTES = 4096;
/** Answers to earlier questions that may lie before ours. */
const MAX_STALE = 4;

const IS_LITTLE = endianness() === 'LE';
const NOWHERE: SocketEnd = { address: new Int32Array(4), port: 0 };

export class SockDiag implements SocketTable {
  readonly #fd: number;
  readonly #request = Buffer.alloc(REQUEST.BYTES);
  readonly #out = new DataView(this.#request.buffer, this.#request.byteOffset, REQUEST.BYTES);
  readonly #answer = Buffer.alloc(RECEIVE_BYTES);
  readonly #in = new DataView(this.#answer.buffer, this.#answer.byteOffset, RECEIVE_BYTES);
  #seq = 0;

  constructor() {
    this.#fd = libc().socket(AF_NETLINK, SOCK_RAW_CLOEXEC, NETLINK_SOCK_DIAG);
    this.#out.setUint32(0, REQUEST.BYTES, IS_LITTLE);
    this.#out.setUint16(REQUEST.TYPE, SOCK_DIAG_BY_FAMILY, IS_LITTLE);
    // INET_DIAG_NOCOOKIE
    this.#request.fill(0xff, REQUEST.COOKIE, REQUEST.BYTES);
  }

  /** @returns whether this kernel answers for TCP and UDP: an empty list is asked for, because a socket that is not
   *  there and a protocol that is not there get the same error */
  works(): boolean {
    return this.#fd >= 0 && [TCP, UDP].every(protocol => this.#listsNothing(protocol));
  }

  find(pair: SocketPair, local: SocketEnd, remote: SocketEnd): number {
    // For UDP the kernel reads source and destination the other way round (udp_dump_one), for historical reasons.
    return pair.protocol === UDP ? this.#inodeOf(pair, remote, local) : this.#inodeOf(pair, local, remote);
  }

  findListening(pair: SocketPair, local: SocketEnd): number {
    return this.find(pair, local, NOWHERE);
  }

  close(): void {
    if (this.#fd >= 0) libc().close(this.#fd);
  }

  #inodeOf({ protocol, isIpv6 }: SocketPair, src: SocketEnd, dst: SocketEnd): number {
    this.#ask(protocol, isIpv6 ? AF_INET6 : AF_INET, NLM_F_REQUEST, ALL);
    const out = this.#out;
    out.setUint16(REQUEST.ID + ID.SPORT, src.port);
    out.setUint16(REQUEST.ID + ID.DPORT, dst.port);
    const words = isIpv6 ? 4 : 1;
    for (let word = 0; word < words; word++) {
      out.setInt32(REQUEST.ID + ID.SRC + 4 * word, src.address[4 - words + word]!);
      out.setInt32(REQUEST.ID + ID.DST + 4 * word, dst.address[4 - words + word]!);
    }
    const isFound = this.#exchange() === SOCK_DIAG_BY_FAMILY;
    return isFound ? this.#in.getUint32(ANSWER.INODE, IS_LITTLE) : 0;
  }

  #listsNothing(protocol: number): boolean {
    this.#ask(protocol, AF_INET, NLM_F_REQUEST | NLM_F_DUMP, 0);
    return this.#exchange() === NLMSG_DONE;
  }

  #ask(protocol: number, family: number, flags: number, states: number): void {
    const out = this.#out;
    out.setUint16(REQUEST.FLAGS, flags, IS_LITTLE);
    out.setUint32(REQUEST.SEQ, ++this.#seq, IS_LITTLE);
    out.setUint8(REQUEST.FAMILY, family);
    out.setUint8(REQUEST.PROTOCOL, protocol);
    out.setUint32(REQUEST.STATES, states, IS_LITTLE);
    this.#request.fill(0, REQUEST.ID, REQUEST.COOKIE);
  }

  /** The kernel has answered when `send` returns.
   *  @returns type of the message that answers, 0 for none */
  #exchange(): number {
    if (libc().send(this.#fd, this.#request, REQUEST.BYTES, MSG_DONTWAIT) < 0) return 0;
    for (let tries = 0; tries <= MAX_STALE; tries++) {
      const received = libc().recv(this.#fd, this.#answer, RECEIVE_BYTES, MSG_DONTWAIT);
      if (received < 0) return 0;
      if (this.#in.getUint32(ANSWER.SEQ, IS_LITTLE) !== this.#seq) continue;
      const type = this.#in.getUint16(ANSWER.TYPE, IS_LITTLE);
      return type === SOCK_DIAG_BY_FAMILY && received < ANSWER.BYTES ? 0 : type;
    }
    return 0;
  }
}
