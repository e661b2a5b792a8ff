/** Bytes that came, and when. */
export interface Arrival {
  readonly lengthBytes: number;
  /** When the last of them arrived, and the first. */
  readonly tsUs: number;
  readonly beginUs: number;
}

/** One message with its header, or the beginning of a long one. */
export interface Message extends Arrival {
  readonly type: number;
  /** Lent; `lengthBytes` of them belong to it. */
  readonly bytes: Uint8Array;
  /** All of it is there. */
  readonly isWhole: boolean;
}
