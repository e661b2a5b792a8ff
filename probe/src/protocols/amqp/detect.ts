// warm. Whether bytes are AMQP 0-9-1, and where a frame starts. Source: specification, sections 2.3.5 and 4.2.2.
import type { Detection, Direction } from '../analyzer.ts';
import * as frame from './frame.ts';
import { METHODS, maySend } from './methods.ts';

export function detect(direction: Direction, bytes: Uint8Array): Detection {
  if (bytes[0] === frame.PROTOCOL_HEADER[0]) return direction === 0 ? detectProtocolHeader(bytes) : 'no';
  return detectFrames(direction, bytes);
}

/** Looks at one frame after the other, until one is told. */
function detectFrames(direction: Direction, bytes: Uint8Array): Detection {
  for (let at = 0; at < bytes.length; ) {
    const found = lookAt(direction, bytes, at);
    if (found !== 'more') return found;
    const end = frame.frameEnd(bytes, at);
    if (end < 0) return 'more';
    at = end;
  }
  return 'more';
}

/** A method that both sides may send is believed to go where the conversation's addresses say. */
function lookAt(direction: Direction, bytes: Uint8Array, at: number): Detection {
  if (!frame.isFrameStart(bytes, at) || frame.frameEnd(bytes, at) === -2) return 'no';
  if (bytes[at] !== frame.METHOD || bytes.length < at + frame.FRAME_HEADER_BYTES + 4) return 'more';
  const method = METHODS.get(frame.u32(bytes, at + frame.FRAME_HEADER_BYTES));
  return method !== undefined && maySend(method, direction) ? 'yes' : 'no';
}

/** AMQP 1.0 and 0-10 begin with other versions. */
function detectProtocolHeader(bytes: Uint8Array): Detection {
  const seen = Math.min(bytes.length, frame.PROTOCOL_HEADER.length);
  for (let i = 0; i < seen; i++) if (bytes[i] !== frame.PROTOCOL_HEADER[i]) return 'no';
  return seen === frame.PROTOCOL_HEADER.length ? 'yes' : 'more';
}

/** Whole frames of known methods, and heartbeats, are looked for: a body may hold anything. */
export function resync(direction: Direction, bytes: Uint8Array): number {
  for (let at = 0; at + frame.FRAME_OVERHEAD_BYTES <= bytes.length; at++) {
    if (bytes[at] !== frame.METHOD && bytes[at] !== frame.HEARTBEAT) continue;
    if (!frame.isFrameStart(bytes, at) || frame.frameEnd(bytes, at) < 0) continue;
    if (bytes[at] === frame.HEARTBEAT) return at;
    const method = METHODS.get(frame.u32(bytes, at + frame.FRAME_HEADER_BYTES));
    if (method !== undefined && maySend(method, direction)) return at;
  }
  return -1;
}
