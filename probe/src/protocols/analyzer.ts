import type { FieldTable, RecordOf } from '@nanogelf/codec';

/** Which side sent: 0 from SRC (the initiator, normally the client) to DST, 1 from DST to SRC. */
export type Direction = 0 | 1;

/** `yes` and `no` are final for these bytes; `more` asks to see a longer prefix. */
export type Detection = 'yes' | 'no' | 'more';

/** An analyzer's answer when it has no further interest in the conversation. */
export const STOP = -1;

/** What one exchange (request and answer, statement, query, command) says, beyond its conversation. The engine adds
 *  addresses, network delays and the L7_PROTOCOL. Times are µs since the epoch; a value that was not observed is left out. */
export interface Exchange<T extends FieldTable = FieldTable> {
  readonly beginUs: number;
  readonly endUs: number;
  /** Payload bytes of both directions that belong to it. */
  readonly bytes: number;
  /** One readable line: `GET /index.html 200`. */
  readonly summary: string;
  readonly fields: RecordOf<T>;
}

/** What the engine gives an analyzer for one conversation. */
export interface AnalyzerContext<T extends FieldTable = FieldTable> {
  readonly transport: 'tcp' | 'udp';
  /** Bytes of a header block or a body that are kept; 0 with `bodies` false. */
  readonly bodyLen: number;
  readonly bodies: boolean;
  /** True when the conversation's start was not seen. */
  readonly midStream: boolean;
  emit(exchange: Exchange<T>): void;
  /** Counts bytes that do not parse, by reason; never throws. */
  parseError(reason: string): void;
}

/** Reads one conversation. Never throws; never keeps the bytes it is lent (copies what it keeps, within its limits). */
export interface Analyzer {
  /** @param bytes unread bytes of this direction, oldest first, lent; for UDP one whole datagram
   *  @param tsUs when the last of them arrived
   *  @param beginUs when the first of them arrived
   *  @returns how many bytes were consumed (the engine offers the rest again with what follows), or STOP */
  onData(direction: Direction, bytes: Uint8Array, tsUs: number, beginUs: number): number;
  /** The next `lengthBytes` of this direction were lost; bytes offered before and not consumed are gone with them.
   *  @returns true when it knows what follows (the gap lies inside a body of known length); false when it lost its
   *  place: the engine then skips to where the protocol's `resync` says that a message starts */
  onGap(direction: Direction, lengthBytes: number, tsUs: number): boolean;
  /** The conversation ended: emit what is still open (RESP 0 where nothing answered). */
  onClose(tsUs: number): void;
  /** Time passed (about once a second): give up what waited too long. */
  onTick?(tsUs: number): void;
}

/** One application protocol: everything the rest of the program knows about it. Exported once by its folder. */
export interface Protocol<T extends FieldTable = FieldTable> {
  /** Folder name and configuration name, lower case: `http`. */
  readonly id: string;
  /** Value of L7_PROTOCOL: `HTTP`. */
  readonly title: string;
  /** The documents it was written from. */
  readonly spec: readonly string[];
  readonly transports: readonly ('tcp' | 'udp')[];
  /** Usual server ports: a hint where to look first, never a proof. */
  readonly ports: readonly number[];
  readonly fields: T;
  /** Whether a conversation whose `direction` starts (or goes on, in mid-stream) with `bytes` is this protocol. */
  detect(direction: Direction, bytes: Uint8Array): Detection;
  /** Where in `bytes` the next message of `direction` starts.
   *  @returns its offset, or -1 when none can be told (the engine asks again with the bytes that follow) */
  resync(direction: Direction, bytes: Uint8Array): number;
  open(context: AnalyzerContext<T>): Analyzer;
}
