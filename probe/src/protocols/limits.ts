/** Bytes per direction that detection may look at: a request line or a server's greeting fits. */
export const DETECT_PREFIX_BYTES = 2048;

/** What the engine may hold. Reaching a limit is a counter of the same name in `stats()`. */
export interface EngineLimits {
  /** Conversations with an analyzer, or not yet decided, at one time: about 1 KB each. */
  readonly sessions: number;
  /** Segments of a conversation met in mid-stream that are looked at before it is given up: a long download has its
   *  next message far away, and looking costs less than a microsecond. */
  readonly tries: number;
  /** Unread bytes of one direction: holds the largest header block (64 KiB), or a statement of that size. */
  readonly unreadBytes: number;
  /** Unread bytes of all: a fifth of the probe's memory. */
  readonly unreadTotalBytes: number;
  /** Bytes that one conversation's analyzer keeps: some hundred pipelined requests with bodies. */
  readonly heldBytes: number;
  /** Bytes that all analyzers keep: a fifth of the probe's memory. */
  readonly heldTotalBytes: number;
  /** Times that an analyzer may lose its place in bytes that were all there: more than that is another protocol. */
  readonly losses: number;
  /** Times that one protocol hands a conversation over to another: a tunnel in a tunnel, STARTTLS in it, and some more. */
  readonly handovers: number;
  /** Bytes that are searched for the next message after a loss, per direction. */
  readonly seekBytes: number;
}

export const ENGINE_LIMITS: EngineLimits = {
  sessions: 32_768,
  tries: 256,
  unreadBytes: 128 * 1024,
  unreadTotalBytes: 16 * 1024 * 1024,
  heldBytes: 1024 * 1024,
  heldTotalBytes: 16 * 1024 * 1024,
  losses: 100,
  handovers: 8,
  seekBytes: 64 * 1024 * 1024,
};

/** Last bytes that are offered again when no message start was found in them: one may be cut in two. */
export const SEEK_TAIL_BYTES = 128;

/** A number of bytes that many share. */
export class Budget {
  readonly limitBytes: number;
  usedBytes = 0;

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  /** @returns false, having taken nothing, when the limit would be passed */
  take(lengthBytes: number): boolean {
    if (this.usedBytes + lengthBytes > this.limitBytes) return false;
    this.usedBytes += lengthBytes;
    return true;
  }

  give(lengthBytes: number): void {
    this.usedBytes -= lengthBytes;
  }
}
