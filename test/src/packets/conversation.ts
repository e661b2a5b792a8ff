// cold. A TCP conversation as a script: each call adds frames, the clock moves with them.
import { ethernet } from './link.ts';
import { type Datagram, ipv4, ipv6 } from './network.ts';
import type { Frame } from './pcap.ts';
import { ACK, FIN, mss, PSH, RST, SYN, type TcpHeader, tcp, udp } from './transport.ts';

export type Side = 'client' | 'server';

export interface ConversationOptions {
  readonly client?: string;
  readonly server?: string;
  readonly clientPort?: number;
  readonly serverPort?: number;
  readonly clientSeq?: number;
  readonly serverSeq?: number;
  /** When the first frame is seen. */
  readonly startUs?: number;
  /** How far the clock moves after each frame. */
  readonly stepUs?: number;
  readonly mssBytes?: number;
  /** Puts a datagram into its link layer; Ethernet by default. */
  readonly link?: (datagram: Datagram) => Buffer;
}

const DEFAULTS = {
  client: '10.0.0.1',
  server: '10.0.0.2',
  clientPort: 40000,
  serverPort: 80,
  clientSeq: 1000,
  serverSeq: 5000,
  startUs: 1_700_000_000_000_000,
  stepUs: 1000,
  mssBytes: 1460,
  link: (datagram: Datagram) => ethernet(datagram),
};

interface Sent {
  readonly side: Side;
  readonly seq: number;
  readonly flags: number;
  readonly payload: Uint8Array;
}

/** Builds the frames of one TCP conversation. Each step takes the next sequence numbers by itself; what goes wrong on
 *  a network is said with `lose`, `retransmit` and the order of `frames`. */
export class Conversation {
  readonly frames: Frame[] = [];
  /** When the next frame is seen; set it, or `wait`. */
  tsUs: number;
  private readonly options: typeof DEFAULTS;
  private readonly next: Record<Side, number>;
  private readonly sent: Sent[] = [];

  constructor(options: ConversationOptions = {}) {
    this.options = { ...DEFAULTS, ...options };
    this.tsUs = this.options.startUs;
    this.next = { client: this.options.clientSeq, server: this.options.serverSeq };
  }

  /** SYN, SYN+ACK, ACK. */
  handshake(): this {
    const options = mss(this.options.mssBytes);
    return this.segment('client', { flags: SYN, options })
      .segment('server', { flags: SYN | ACK, options })
      .ack('client');
  }

  /** Payload in segments of at most the MSS, the last one pushed. */
  send(side: Side, payload: Uint8Array | string): this {
    const bytes = Buffer.from(payload);
    for (let at = 0; at < bytes.length; at += this.options.mssBytes) {
      const end = Math.min(at + this.options.mssBytes, bytes.length);
      this.segment(side, { flags: end === bytes.length ? ACK | PSH : ACK }, bytes.subarray(at, end));
    }
    return this;
  }

  /** A pure ACK of all that the other side has sent, or up to `ack`. */
  ack(side: Side, ack?: number): this {
    return this.segment(side, ack === undefined ? {} : { ack });
  }

  fin(side: Side): this {
    return this.segment(side, { flags: FIN | ACK });
  }

  rst(side: Side): this {
    return this.segment(side, { flags: RST | ACK });
  }

  /** FIN, FIN, ACK, started by `side`. */
  close(side: Side = 'client'): this {
    return this.fin(side).fin(other(side)).ack(side);
  }

  /** Sent by `side`, but never seen by whoever captures. */
  lose(side: Side, payload: Uint8Array | string): this {
    const seen = this.frames.length;
    const { tsUs } = this;
    this.send(side, payload);
    this.frames.length = seen;
    this.tsUs = tsUs;
    return this;
  }

  /** Sends again a segment that `side` sent with payload, SYN or FIN.
   *  @param back 1 the last such segment, 2 the one before it, ... */
  retransmit(side: Side, back = 1): this {
    const segment = this.sent.filter(sent => sent.side === side).at(-back);
    if (segment === undefined) throw new RangeError(`back: ${side} has not sent ${back} segments yet`);
    return this.add(side, { seq: segment.seq, flags: segment.flags, ack: this.next[other(side)] }, segment.payload);
  }

  /** Lets time pass before the next frame. */
  wait(us: number): this {
    this.tsUs += us;
    return this;
  }

  /** One segment; what `header` does not say is what a well-behaved side would send.
   *  A `seq` of its own does not move the side's next sequence number. */
  segment(side: Side, header: Partial<TcpHeader> = {}, payload: Uint8Array | string = ''): this {
    const bytes = Buffer.from(payload);
    const flags = header.flags ?? ACK;
    const seq = header.seq ?? this.next[side];
    this.add(side, { ack: flags & ACK ? this.next[other(side)] : 0, ...header, flags, seq }, bytes);
    const lengthBytes = bytes.length + (flags & SYN ? 1 : 0) + (flags & FIN ? 1 : 0);
    if (header.seq === undefined) this.next[side] = (seq + lengthBytes) >>> 0;
    if (lengthBytes > 0) this.sent.push({ side, seq, flags, payload: bytes });
    return this;
  }

  private add(side: Side, header: Partial<TcpHeader>, payload: Uint8Array): this {
    const { client, server, clientPort, serverPort, link, stepUs } = this.options;
    const outward = side === 'client';
    const ports = outward ? { srcPort: clientPort, dstPort: serverPort } : { srcPort: serverPort, dstPort: clientPort };
    const addresses = outward ? { src: client, dst: server } : { src: server, dst: client };
    this.frames.push({ tsUs: this.tsUs, bytes: link(ip(addresses, tcp({ ...ports, ...header }, payload))) });
    this.tsUs += stepUs;
    return this;
  }
}

const other = (side: Side): Side => (side === 'client' ? 'server' : 'client');

/** IPv4 or IPv6, as the addresses say. */
export const ip: typeof ipv4 = (header, transport) => (header.src.includes(':') ? ipv6 : ipv4)(header, transport);

export interface Exchange {
  readonly client?: string;
  readonly server?: string;
  readonly clientPort?: number;
  readonly serverPort?: number;
  readonly startUs?: number;
  readonly link?: (datagram: Datagram) => Buffer;
}

/** A UDP exchange: payloads in the order given.
 *  @param datagrams who sends what, and how long after the datagram before */
export function udpFrames(
  datagrams: readonly { side: Side; payload: Uint8Array | string; afterUs?: number }[],
  options: Exchange = {},
): Frame[] {
  const { client, server, clientPort, serverPort, startUs, link } = { ...DEFAULTS, serverPort: 53, ...options };
  let tsUs = startUs;
  return datagrams.map(({ side, payload, afterUs = 1000 }, index) => {
    if (index > 0) tsUs += afterUs;
    const datagram =
      side === 'client'
        ? ip({ src: client, dst: server }, udp(clientPort, serverPort, payload))
        : ip({ src: server, dst: client }, udp(serverPort, clientPort, payload));
    return { tsUs, bytes: link(datagram) };
  });
}
