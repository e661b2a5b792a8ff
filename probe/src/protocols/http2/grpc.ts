// warm. gRPC over HTTP/2: messages in bodies, and what the status says.
// Source: the gRPC project's PROTOCOL-HTTP2.md and statuscodes.md.

/** Not grpc-web, which frames its trailers as messages. */
export const isGrpc = (contentType: string): boolean => /^application\/grpc(?:[+;]|$)/i.test(contentType);

/** A flag (1: compressed) and a length stand before each message. */
const PREFIX_BYTES = 5;

/** Counts the messages of one direction. */
export class GrpcCounter {
  messages = 0;
  /** Of all messages, prefixes left out, as far as they were seen. */
  messageBytes = 0;
  /** What was read is not in this form, or bytes between messages were lost: the counts say nothing. */
  isLost = false;
  #prefixBytes = 0;
  #lengthBytes = 0;
  /** Of the message that is being read. */
  #leftBytes = 0;

  read(bytes: Uint8Array, at: number, end: number): void {
    for (let i = at; i < end; )
      if (this.#leftBytes > 0) i += this.#take(end - i);
      else this.#readPrefix(bytes[i++] ?? 0);
  }

  /** So many bytes were lost. */
  skip(lengthBytes: number): void {
    this.isLost ||= lengthBytes > this.#leftBytes;
    this.#take(lengthBytes);
  }

  #take(availableBytes: number): number {
    const takes = Math.min(availableBytes, this.#leftBytes);
    this.messageBytes += takes;
    this.#leftBytes -= takes;
    return takes;
  }

  #readPrefix(byte: number): void {
    if (this.#prefixBytes === 0) this.isLost ||= byte > 1;
    else this.#lengthBytes = this.#lengthBytes * 256 + byte;
    this.#prefixBytes += 1;
    if (this.#prefixBytes < PREFIX_BYTES) return;
    this.messages += 1;
    this.#leftBytes = this.#lengthBytes;
    this.#prefixBytes = 0;
    this.#lengthBytes = 0;
  }
}

/** Source: statuscodes.md. */
const STATUS_NAMES = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
];

/** How a call ended. */
export interface GrpcStatus {
  readonly code: number;
  /** The server's message, or the code's name; undefined when all is well. */
  readonly error: string | undefined;
}

/** @param code value of grpc-status, '' without one
 *  @param message value of grpc-message, '' without one
 *  @returns undefined when there is no status, or one that was not seen */
export function readStatus(code: string, message: string): GrpcStatus | undefined {
  if (!/^\d{1,9}$/.test(code)) return undefined;
  const number = Number(code);
  const error = percentDecoded(message) || (STATUS_NAMES[number] ?? code);
  return { code: number, error: number === 0 ? undefined : error };
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
