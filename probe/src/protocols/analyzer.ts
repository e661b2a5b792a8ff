import type { FieldTable, RecordOf } from '@nanogelf/codec/fields';
import type { BodyTypes } from './kit/body-types.ts';
import type { Redactor } from './kit/redact/redactor.ts';

/** Which side sent: 0 from SRC (the initiator, normally the client) to DST, 1 from DST to SRC. */
export type Direction = 0 | 1;

/** `yes` and `no` are final for these bytes; `more` asks to see a longer prefix. */
export type Detection = 'yes' | 'no' | 'more';

/** An analyzer's answer when it has no further interest in the conversation: the engine closes it. */
export const STOP = -1;
/** An analyzer's answer when the bytes do not parse: the engine skips to where the protocol's `resync` finds a message. */
export const LOST = -2;

/** What one exchange (request and answer, statement, query, command) says, beyond its conversation. The engine adds
 *  addresses, network delays and the L7_PROTOCOL. Times are µs since the epoch; a value that was not observed is left out. */
export interface Exchange<T extends FieldTable = FieldTable> {
  readonly beginUs: number;
  readonly endUs: number;
  /** Payload bytes of both directions that belong to it. */
  readonly bytes: number;
  /** One readable line: `GET /index.html 200`; ` ? ` stands for a request, ` - ` for an answer that was not seen. */
  readonly summary: string;
  readonly fields: RecordOf<T>;
}

/** What a protocol leaves to the one that it hands its conversation over to. */
export interface Inheritance {
  /** Who hands over: an Upgrade from `http`, TLS inside of `mysql`. */
  readonly from: Protocol;
  readonly gift: unknown;
}

/** What the engine gives an analyzer for one conversation. */
export interface AnalyzerContext<T extends FieldTable = FieldTable> {
  readonly transport: 'tcp' | 'udp';
  /** Bytes of a header block or a body that are kept. */
  readonly bodyLen: number;
  /** False when only headers are asked for. */
  readonly bodies: boolean;
  /** Which of them are kept. */
  readonly bodyTypes: BodyTypes;
  /** Every text of the traffic that is emitted has been through it. */
  readonly redactor: Redactor;
  /** True when the conversation's start was not seen. */
  readonly midStream: boolean;
  emit(exchange: Exchange<T>): void;
  /** Counts bytes that do not parse, or a limit of the analyzer that was reached, by reason; never throws. */
  parseError(reason: string): void;
  /** Set when another protocol handed the conversation over by this one's name. */
  readonly inheritance?: Inheritance | undefined;
  /** Hands the conversation over, as soon as `onData` has returned: this analyzer is closed, and whatever neither
   *  direction consumed by then is another one's. Both must stand where the other protocol begins: an analyzer that
   *  cannot tell yet whether it does (STARTTLS was asked for, not granted) consumes nothing until it can.
   *  @param to id of the protocol that follows; undefined: it is to be found by its content, as in a new conversation
   *  @param gift what only the two protocols know of; bytes that it was counted with in `hold` go with it
   *  @returns false when nobody looks for that protocol: the conversation is then let go of */
  handOver(to: string | undefined, gift?: unknown): boolean;
  /** Asks to keep that many more bytes (bodies, header texts, names) until {@link release} or the conversation's end.
   *  @returns false when this conversation, or all together, would keep too much: do without */
  hold(lengthBytes: number): boolean;
  release(lengthBytes: number): void;
}

/** Reads one conversation. Never throws; never keeps the bytes it is lent (copies what it keeps, within `hold`). */
export interface Analyzer {
  /** Reads at most one message, or the part of it that is there. The engine calls again while bytes are left and
   *  some were consumed, so no analyzer loops over messages itself.
   *  @param bytes unread bytes of this direction, oldest first, at least 1, lent; for UDP one whole datagram
   *  @param tsUs when the last of them arrived
   *  @param beginUs when the first of them arrived
   *  @returns how many bytes were consumed (0: waits for more, of either direction; the engine offers the rest again
   *  with what follows), or STOP, or LOST */
  onData(direction: Direction, bytes: Uint8Array, tsUs: number, beginUs: number): number;
  /** Asked before bytes are offered, when nothing before them is unread.
   *  @returns true when it need not see them (a body that nobody keeps): they count as consumed, and arrived at `tsUs` */
  passes?(direction: Direction, lengthBytes: number, tsUs: number): boolean;
  /** The `lengthBytes` after the last consumed byte of this direction will not come (unread ones that were offered are
   *  gone with them). Not called for a direction whose place is lost already.
   *  @returns true when it knows what follows (the gap lies inside a body of known length); false when it lost its
   *  place: the engine then skips to where the protocol's `resync` says that a message starts */
  onGap(direction: Direction, lengthBytes: number, tsUs: number): boolean;
  /** Bytes that came were passed over: the engine looks for the start of a message, as the place is lost, or was never
   *  known in mid-stream. */
  onSkip?(direction: Direction, lengthBytes: number): void;
  /** As the protocol's `resync`, which is not asked then: for an analyzer that remembers what was passed over before. */
  resync?(direction: Direction, bytes: Uint8Array): number;
  /** The conversation ended: emit what is still open, unanswered exchanges too. */
  onClose(tsUs: number): void;
  /** Time passed (about once a second): give up what waited too long. */
  onTick?(tsUs: number): void;
  /** TCP only: true when it would emit nothing if it were closed now. The engine then lets go of it as soon as the
   *  conversation is closed: most have told all by then. */
  readonly isIdle?: boolean;
  /** UDP only: true when it holds nothing that a fresh one would not. The engine then lets go of it and opens another
   *  when a datagram comes: most UDP conversations are one question and one answer. */
  readonly atRest?: boolean;
}

/** One application protocol: everything the rest of the program knows about it. Exported once by its folder. */
export interface Protocol<T extends FieldTable = FieldTable> {
  /** Folder name and configuration name, lower case: `http`. */
  readonly id: string;
  /** Value of L7_PROTOCOL: `HTTP`. */
  readonly title: string;
  /** L7_PROTOCOL by server port, where one wire format serves several protocols (DNS: 5353 is MDNS). */
  readonly portTitles?: { readonly [port: number]: string };
  /** The documents it was written from. */
  readonly spec: readonly string[];
  readonly transports: readonly ('tcp' | 'udp')[];
  /** Usual server ports: a hint where to look first, never a proof. */
  readonly ports: readonly number[];
  readonly fields: T;
  /** Whether a conversation whose `direction` starts (or goes on, in mid-stream) with `bytes` is this protocol. One
   *  direction's `yes` opens an analyzer, the other's `no` takes it back.
   *  @param bytes at least 1, at most DETECT_PREFIX_BYTES; for UDP one datagram */
  detect(direction: Direction, bytes: Uint8Array, transport: 'tcp' | 'udp'): Detection;
  /** Where in `bytes` a message of `direction` starts, after a gap or in mid-stream.
   *  @returns its offset, or -1 when none can be told (the engine asks again with the last of these and what follows) */
  resync(direction: Direction, bytes: Uint8Array): number;
  open(context: AnalyzerContext<T>): Analyzer;
}
