// warm. Packets of DATA as they come: read by parts, as they may be longer than what is kept of a conversation.
import { Kept } from '../kit/kept.ts';

/** A packet of DATA whose content is coming in. */
export class Content {
  readonly flags: number;
  readonly lengthBytes: number;
  readonly beginUs: number;
  leftBytes: number;

  constructor(flags: number, lengthBytes: number, beginUs: number) {
    this.flags = flags;
    this.lengthBytes = lengthBytes;
    this.leftBytes = lengthBytes;
    this.beginUs = beginUs;
  }
}

/** A client's message, which may take several packets. */
export class Incoming {
  readonly body: Kept;
  readonly beginUs: number;
  endUs: number;
  bytes = 0;
  /** Bytes of it were lost, or are not readable. */
  isHoled = false;
  /** Its end was marked. */
  isWhole = false;

  constructor(limitBytes: number, beginUs: number) {
    this.body = new Kept(limitBytes);
    this.beginUs = beginUs;
    this.endUs = beginUs;
  }
}
