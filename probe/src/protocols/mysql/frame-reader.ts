// warm. One direction's compressed frames: unpacked within bounds, and read as packets. A frame may hold several packets,
// and a packet may go over several frames. Source: MySQL 8.4, "Compression".
import { constants, inflateSync } from 'node:zlib';
import { LOST } from '../analyzer.ts';
import { undoZstd } from '../kit/zstd.ts';
import type { PacketHandler, PacketReader } from './packet-reader.ts';
import { FRAME_HEADER_BYTES, HEADER_BYTES, payloadBytes, sequenceOf } from './wire.ts';

/** Larger frames are not put together: servers and clients send their buffers, 16 KiB, and only a larger packet alone. */
const MAX_WHOLE_BYTES = 64 * 1024;
const MAX_UNPACKED_BYTES = 1024 * 1024;
/** Of a larger frame only the beginning is unpacked, where the statement is. */
const BEGINNING_BYTES = 4096;
/** What that many bytes unpack to at most: deflate packs 1,032 to one. */
const MAX_BEGINNING_BYTES = 5 * 1024 * 1024;

export type Algorithm = 'zlib' | 'zstd';
export interface FrameHandler extends PacketHandler {
  /** A frame begins, before its packets are told.
   *  @param wireBytes of all of it
   *  @returns true when its first packet starts with it, as at the beginning of a command or an answer */
  beginFrame(sequence: number, wireBytes: number): boolean;
  /** @returns where a frame starts, or may start behind too few bytes; -1 */
  findFrame(bytes: Uint8Array): number;
  /** @returns where a packet starts in what a frame holds; -1 */
  findPacket(bytes: Uint8Array): number;
  /** Bytes of the wire are not read, those of the frame that began among them. */
  passOver(lengthBytes: number): void;
  /** Its packets cannot be found any more, until a frame starts with one, or shows where one starts.
   *  @param lengthBytes that are known to be passed over */
  loseFrames(reason: string, lengthBytes: number): void;
}

const undoZlib = (packed: Uint8Array): Uint8Array =>
  inflateSync(packed, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: MAX_BEGINNING_BYTES });

export class FrameReader {
  readonly #handler: FrameHandler;
  readonly #packets: PacketReader;
  readonly #unpack: (packed: Uint8Array) => Uint8Array | undefined;
  /** Of a frame's payload that is passing by: read as packets when it is not compressed. */
  #restBytes = 0;
  #isPlain = false;
  /** Of the frame, when only its beginning was unpacked. */
  #hiddenBytes = 0;
  /** The beginning of a packet that goes on in the next frame. */
  #unread: Uint8Array = EMPTY;
  #isLost: boolean;
  /** It is not known where a frame starts. */
  #isSeeking: boolean;

  constructor(handler: FrameHandler, packets: PacketReader, algorithm: Algorithm, isLost: boolean) {
    this.#handler = handler;
    this.#packets = packets;
    this.#unpack = algorithm === 'zstd' ? undoZstd : undoZlib;
    this.#isLost = isLost;
    this.#isSeeking = isLost;
  }

  /** Reads at most one frame, or a part of it. @returns as PacketReader.read */
  read(bytes: Uint8Array): number {
    const read = this.#readSome(bytes);
    if (this.#isLost) this.#handler.passOver(read);
    return read;
  }

  #readSome(bytes: Uint8Array): number {
    if (this.#restBytes > 0) return this.#pass(bytes);
    if (this.#isSeeking) return this.#seek(bytes);
    if (bytes.length < FRAME_HEADER_BYTES) return 0;
    const [packedBytes, unpackedBytes] = [payloadBytes(bytes), payloadBytes(bytes, 4)];
    if (packedBytes === 0) {
      this.#lose('frame');
      this.#isSeeking = true;
      return 1;
    }
    if (unpackedBytes === 0) return this.#readPlain(bytes, packedBytes);
    const isWhole = packedBytes <= MAX_WHOLE_BYTES && unpackedBytes <= MAX_UNPACKED_BYTES;
    const neededBytes = FRAME_HEADER_BYTES + (isWhole ? packedBytes : Math.min(packedBytes, BEGINNING_BYTES));
    if (bytes.length < neededBytes) return 0;
    this.#begin(bytes, packedBytes);
    this.#isPlain = false;
    this.#restBytes = FRAME_HEADER_BYTES + packedBytes - neededBytes;
    this.#readPacked(bytes.subarray(FRAME_HEADER_BYTES, neededBytes), unpackedBytes);
    return neededBytes;
  }

  /** Bytes were lost; the next frame is found again.
   *  @returns false when packets were lost with them */
  gap(lengthBytes: number): boolean {
    if (lengthBytes > this.#restBytes) {
      this.#restBytes = 0;
      this.#isSeeking = true;
      this.#forget();
      return false;
    }
    this.#restBytes -= lengthBytes;
    if (this.#isLost || !this.#isPlain) this.#handler.lose(lengthBytes);
    if (this.#isPlain) this.#leaveOut(lengthBytes, 'gap');
    else this.#endFrame();
    return true;
  }

  #seek(bytes: Uint8Array): number {
    const at = this.#handler.findFrame(bytes);
    if (at !== 0) return at < 0 ? bytes.length : at;
    if (bytes.length < FRAME_HEADER_BYTES + HEADER_BYTES + 1) return 0;
    this.#isSeeking = false;
    return this.#readSome(bytes);
  }

  #begin(bytes: Uint8Array, packedBytes: number): void {
    const startsWithPacket = this.#handler.beginFrame(sequenceOf(bytes), FRAME_HEADER_BYTES + packedBytes);
    if (!startsWithPacket || !this.#isLost) return;
    this.#isLost = false;
    this.#packets.reset();
  }

  #readPlain(bytes: Uint8Array, lengthBytes: number): number {
    this.#begin(bytes, lengthBytes);
    this.#restBytes = lengthBytes;
    this.#isPlain = true;
    return FRAME_HEADER_BYTES;
  }

  #pass(bytes: Uint8Array): number {
    const passed = Math.min(this.#restBytes, bytes.length);
    this.#restBytes -= passed;
    if (this.#isPlain) this.#push(bytes.subarray(0, passed));
    else this.#endFrame();
    return passed;
  }

  #readPacked(packed: Uint8Array, unpackedBytes: number): void {
    const unpacked = this.#unpacked(packed);
    if (unpacked === undefined || unpacked.length > unpackedBytes) {
      this.#lose('frame');
      return;
    }
    this.#push(unpacked);
    this.#hiddenBytes = unpackedBytes - unpacked.length;
    this.#endFrame();
  }

  /** Looks for the place again. @returns what there is from the first packet on */
  #fromPacket(unpacked: Uint8Array): Uint8Array {
    const at = this.#handler.findPacket(unpacked);
    if (at < 0) return EMPTY;
    this.#isLost = false;
    this.#packets.reset();
    return unpacked.subarray(at);
  }

  /** When all of a frame has come: what was not unpacked is left out. */
  #endFrame(): void {
    if (this.#restBytes > 0 || this.#hiddenBytes === 0) return;
    this.#leaveOut(this.#hiddenBytes, 'skip');
    this.#hiddenBytes = 0;
  }

  #unpacked(packed: Uint8Array): Uint8Array | undefined {
    try {
      return this.#unpack(packed);
    } catch {
      return undefined;
    }
  }

  #push(unpacked: Uint8Array): void {
    const fresh = this.#isLost ? this.#fromPacket(unpacked) : unpacked;
    let rest = this.#unread.length === 0 ? fresh : Buffer.concat([this.#unread, fresh]);
    while (rest.length > 0) {
      const read = this.#packets.read(rest);
      if (read === LOST) {
        this.#lose('packet');
        return;
      }
      if (read === 0) break;
      rest = rest.subarray(read);
    }
    this.#unread = rest.length === 0 ? EMPTY : new Uint8Array(rest);
  }

  /** Bytes of packets are not to be seen.
   *  @param pass of the packets' reader: `gap` when they were lost */
  #leaveOut(lengthBytes: number, pass: 'gap' | 'skip'): void {
    if (this.#isLost) return;
    if (this.#unread.length > 0 || !this.#packets[pass](lengthBytes)) this.#lose('frame_limit', lengthBytes);
  }

  #lose(reason: string, lengthBytes = 0): void {
    if (!this.#isLost) this.#handler.loseFrames(reason, lengthBytes);
    this.#forget();
  }

  #forget(): void {
    this.#isLost = true;
    this.#hiddenBytes = 0;
    this.#unread = EMPTY;
    this.#packets.reset();
  }
}

const EMPTY = new Uint8Array(0);
