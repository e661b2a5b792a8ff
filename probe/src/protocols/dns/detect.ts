// warm. Whether bytes are DNS, and where a message starts in a TCP stream. Source: RFC 1035 section 4.2.
import type { Detection, Direction } from '../analyzer.ts';
import { lookAt } from './look.ts';
import { HEADER_BYTES } from './message.ts';

/** A TCP message starts with its length. */
export const PREFIX_BYTES = 2;

export function detect(direction: Direction, bytes: Uint8Array, transport: 'tcp' | 'udp'): Detection {
  return transport === 'udp' ? detectDatagram(direction, bytes) : detectStream(direction, bytes);
}

function detectDatagram(direction: Direction, bytes: Uint8Array): Detection {
  const look = lookAt(bytes);
  if (look === 'announcement') return 'yes';
  return look === (direction === 0 ? 'query' : 'answer') ? 'yes' : 'no';
}

function detectStream(direction: Direction, bytes: Uint8Array): Detection {
  if (bytes.length < PREFIX_BYTES) return 'more';
  const lengthBytes = lengthAt(bytes, 0);
  if (lengthBytes < HEADER_BYTES) return 'no';
  const message = bytes.subarray(PREFIX_BYTES, PREFIX_BYTES + lengthBytes);
  const look = lookAt(message);
  if (look === 'cut') return message.length < lengthBytes ? 'more' : 'no';
  return look === (direction === 0 ? 'query' : 'answer') ? 'yes' : 'no';
}

/** @returns length of the message whose prefix stands at `at` */
export const lengthAt = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);

/** A message without a question is too easily found in others' data. */
export function resync(direction: Direction, bytes: Uint8Array): number {
  for (let at = 0; at + PREFIX_BYTES + HEADER_BYTES < bytes.length; at++)
    if (lengthAt(bytes, at + PREFIX_BYTES + 4) > 0 && detectStream(direction, bytes.subarray(at)) === 'yes') return at;
  return -1;
}
