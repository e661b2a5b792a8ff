// cold. The flow table again, written to be read: a Map, objects, a set of every sequence number seen. Slow, and
// without limits; what the tuned one has to agree with.
import { ACK, FIN, type Frame, RST, SYN } from '../src/packets/index.ts';

interface Side {
  pkts: number;
  bytes: number;
  tiny: number;
  zeroWindow: number;
  syn: number;
  synAck: number;
  fin: number;
  rst: number;
  retrans: number;
  ooo: number;
  lost: number;
  /** Unwrapped sequence numbers: where the side began, those seen (or given up for lost) since, the one after them. */
  start: number;
  readonly seen: Set<number>;
  next: number | undefined;
  acked: number | undefined;
  dupAcks: number;
  newestUs: number;
}

interface Conversation {
  readonly sides: [Side, Side];
  readonly firstUs: number;
  lastUs: number;
  synUs?: number;
  synAcked?: boolean;
  /** What overtakes within it was not sent again; the handshake's time once that is known. */
  roundTripUs: number;
}

const newSide = (): Side => ({
  pkts: 0,
  bytes: 0,
  tiny: 0,
  zeroWindow: 0,
  syn: 0,
  synAck: 0,
  fin: 0,
  rst: 0,
  retrans: 0,
  ooo: 0,
  lost: 0,
  start: 0,
  seen: new Set(),
  next: undefined,
  acked: undefined,
  dupAcks: 0,
  newestUs: 0,
});

/** Reads Ethernet, IPv4, TCP frames; the first one of each conversation is sent by its initiator.
 *  @returns the counters of each conversation as its record names them, by `SRC_IP:SRC_PORT` */
export function twinRecords(frames: readonly Frame[]): Map<string, { [field: string]: number }> {
  const conversations = new Map<string, Conversation>();
  for (const frame of frames) takeFrame(conversations, frame);
  return new Map([...conversations].map(([name, conversation]) => [name, fieldsOf(conversation)]));
}

function takeFrame(conversations: Map<string, Conversation>, { bytes, tsUs }: Frame): void {
  const view = Buffer.from(bytes);
  const source = `${view.subarray(26, 30).join('.')}:${view.readUInt16BE(34)}`;
  const target = `${view.subarray(30, 34).join('.')}:${view.readUInt16BE(36)}`;
  const isBack = conversations.has(target);
  let conversation = conversations.get(isBack ? target : source);
  if (conversation === undefined) {
    conversation = { sides: [newSide(), newSide()], firstUs: tsUs, lastUs: tsUs, roundTripUs: 3000 };
    conversations.set(source, conversation);
  }
  conversation.lastUs = tsUs;
  const [own, other] = isBack ? [conversation.sides[1], conversation.sides[0]] : conversation.sides;
  trackHandshake(conversation, isBack, view.readUInt8(47), tsUs);
  takeSegment(own, other, view, tsUs, conversation.roundTripUs);
}

function trackHandshake(conversation: Conversation, isBack: boolean, flags: number, tsUs: number): void {
  const isOpening = !conversation.synAcked || conversation.synUs !== undefined;
  if (!isBack && (flags & (SYN | ACK)) === SYN && isOpening) conversation.synUs = tsUs;
  if (isBack && flags & SYN && conversation.synUs !== undefined) conversation.synAcked = true;
  if (isBack || flags & (SYN | RST) || !conversation.synAcked || conversation.synUs === undefined) return;
  conversation.roundTripUs = tsUs - conversation.synUs;
  delete conversation.synUs;
}

function takeSegment(own: Side, other: Side, frame: Buffer, tsUs: number, roundTripUs: number): void {
  const flags = frame.readUInt8(47);
  const payload = frame.readUInt16BE(16) - 20 - (frame.readUInt8(46) >> 4) * 4;
  own.pkts++;
  own.bytes += frame.length;
  if (payload < 64) own.tiny++;
  if (frame.readUInt16BE(48) === 0 && !(flags & RST)) own.zeroWindow++;
  if (flags & SYN) own[flags & ACK ? 'synAck' : 'syn']++;
  if (flags & FIN) own.fin++;
  if (flags & RST) own.rst++;
  if (flags & RST) return;
  if (flags & ACK) acknowledge(own, other, frame.readUInt32BE(42), payload + (flags & (SYN | FIN)));
  const length = payload + (flags & SYN ? 1 : 0) + (flags & FIN ? 1 : 0);
  const seq = unwrap(frame.readUInt32BE(38), own.next ?? other.acked);
  place(own, other, { seq, end: seq + length, payload, tsUs, isSoon: tsUs - own.newestUs < roundTripUs });
}

/** The number of 32 bits as the one nearest to `near` that does not wrap. */
const unwrap = (value: number, near: number | undefined): number =>
  near === undefined ? value + 2 ** 40 : near + ((value - near) | 0);

function acknowledge(own: Side, other: Side, value: number, length: number): void {
  const ack = unwrap(value, own.acked ?? other.next);
  if (own.acked !== undefined && ack <= own.acked) {
    if (ack === own.acked && length === 0) own.dupAcks++;
    return;
  }
  own.acked = ack;
  own.dupAcks = 0;
  if (other.next === undefined) return;
  for (let seq = other.start; seq < ack; seq++) {
    if (other.seen.has(seq)) continue;
    other.seen.add(seq);
    other.lost++;
  }
  other.next = Math.max(other.next, ack);
}

interface Segment {
  readonly seq: number;
  readonly end: number;
  readonly payload: number;
  readonly tsUs: number;
  /** Less than a round trip after the newest one of its side. */
  readonly isSoon: boolean;
}

function place(own: Side, other: Side, segment: Segment): void {
  const { seq, end, tsUs } = segment;
  if (own.next === undefined) own.start = own.next = other.acked === seq + 1 ? seq + 1 : seq;
  if (end === seq) return;
  if (seq < own.next) judge(own, other, segment, own.next);
  for (let number = Math.max(seq, own.start); number < end; number++) own.seen.add(number);
  if (end <= own.next) return;
  own.next = end;
  own.newestUs = tsUs;
}

function judge(own: Side, other: Side, { seq, end, payload, isSoon }: Segment, next: number): void {
  if (seq === next - 1 && end === next && payload === 1 && other.acked === next) return;
  if (seq === next - 1 && end > next) return;
  let isMissing = seq >= own.start;
  for (let number = seq; number < Math.min(end, next); number++) isMissing &&= !own.seen.has(number);
  const isAskedFor = other.dupAcks >= 2 && other.acked === seq;
  if (isMissing && !isAskedFor && isSoon) own.ooo++;
  else own.retrans++;
}

function fieldsOf({ sides, firstUs, lastUs }: Conversation): { [field: string]: number } {
  const fields: { [field: string]: number } = { DURATION: (lastUs - firstUs) / 1000 };
  for (const [index, side] of sides.entries()) {
    const name = index === 0 ? 'SRC' : 'DST';
    const missing = side.next === undefined ? 0 : side.next - side.start - side.seen.size;
    Object.assign(fields, {
      [`${name}_PKTS`]: side.pkts,
      [`${name}_BYTES`]: side.bytes,
      [`${name}_TINY_PKTS`]: side.tiny,
      [`${name}_ZEROWIN_PKTS`]: side.zeroWindow,
      [`${name}_SYN_PKTS`]: side.syn,
      [`${name}_SYN_ACK_PKTS`]: side.synAck,
      [`${name}_FIN_PKTS`]: side.fin,
      [`${name}_RST_PKTS`]: side.rst,
      [`${name}_RETRANS_PKTS`]: side.retrans,
      [`${name}_OOO_PKTS`]: side.ooo,
      [`${name}_LOST_BYTES`]: side.lost + missing,
    });
  }
  return fields;
}
