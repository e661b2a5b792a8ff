// warm. Where a header block lies in its frames. Source: RFC 9113 sections 4.3, 6.2, 6.6, 6.10.
import {
  END_STREAM,
  FRAME_HEADER_BYTES,
  type FrameHeader,
  HEADERS,
  PADDED,
  PRIORITY_FIELDS,
  PUSH_PROMISE,
  readUint32,
} from './frames.ts';

const PRIORITY_BYTES = 5;
const PROMISED_ID_BYTES = 4;

/** Part of a header block, in the bytes of a frame. */
export interface Fragment {
  readonly at: number;
  readonly end: number;
}

/** @param frame the whole frame's bytes, from `at`
 *  @returns undefined when padding and fields are longer than the payload */
export function fragmentOf(header: FrameHeader, frame: Uint8Array, frameAt: number): Fragment | undefined {
  const payloadAt = frameAt + FRAME_HEADER_BYTES;
  const end = payloadAt + header.lengthBytes;
  if (header.type !== HEADERS && header.type !== PUSH_PROMISE) return { at: payloadAt, end };
  const isPadded = header.has(PADDED);
  const padBytes = isPadded ? (frame[payloadAt] ?? 0) : 0;
  let at = payloadAt + (isPadded ? 1 : 0);
  if (header.type === PUSH_PROMISE) at += PROMISED_ID_BYTES;
  else if (header.has(PRIORITY_FIELDS)) at += PRIORITY_BYTES;
  return at <= end - padBytes ? { at, end: end - padBytes } : undefined;
}

/** What is known of a header block beside its fields. */
export class Block {
  /** Of its frames. */
  readonly streamId: number;
  /** Whose request or response it is: the promised one in a PUSH_PROMISE. */
  readonly targetId: number;
  /** The message has no body, or this was its end. */
  readonly endsStream: boolean;
  /** When its first byte arrived. */
  readonly beginUs: number;
  /** Its frames, their headers included. */
  frameBytes = 0;

  /** @param header of its first frame, whose bytes begin at 0 */
  constructor(header: FrameHeader, frame: Uint8Array, beginUs: number) {
    const isPromise = header.type === PUSH_PROMISE;
    this.streamId = header.streamId;
    this.targetId = isPromise ? promisedStream(header, frame) : header.streamId;
    this.endsStream = isPromise || header.has(END_STREAM);
    this.beginUs = beginUs;
  }
}

const promisedStream = (header: FrameHeader, frame: Uint8Array): number =>
  readUint32(frame, FRAME_HEADER_BYTES + (header.has(PADDED) ? 1 : 0)) % 2 ** 31;
