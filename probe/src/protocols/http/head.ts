// warm. What one header block says: offsets into the bytes that were read, no strings.

/** A header block larger than this is no HTTP of any server in use (nginx 8 KiB, Node 16 KiB, Apache 8 KiB a line). */
export const HEAD_LIMIT_BYTES = 64 * 1024;

/** No length given; given, but not to be trusted. */
export const NO_LENGTH = -1;
export const BAD_LENGTH = -2;

/** What is wrong with a block in a way that two servers may read differently, so that one of them can be made to see a
 *  request where the other sees a body ("request smuggling"). Bits of {@link Head.faults}; names are values of ERR. */
export const FAULTS = {
  both_lengths: 1,
  bad_length: 2,
  bad_transfer_coding: 4,
  odd_header: 8,
  wrapped_header: 16,
  two_hosts: 32,
} as const;
/** Those that leave the end of the message in doubt. */
export const FRAMING_FAULTS = FAULTS.two_hosts - 1;

/** Offsets count from the start of the bytes that were read; an `…End` of 0 means that the part is not there. */
export class Head {
  /** First byte after the block; 0 when it is not complete. */
  end = 0;
  /** Header lines without the start line and without the empty line at the end. */
  linesAt = 0;
  linesEnd = 0;
  /** The request's method ends here; its target lies between the other two. */
  methodEnd = 0;
  targetAt = 0;
  targetEnd = 0;
  /** 0 in a request. */
  status = 0;
  /** Version: HTTP/1.x, but for what a client may claim. */
  major = 1;
  minor = 1;
  lengthBytes = NO_LENGTH;
  chunked = false;
  /** Transfer-Encoding is there. */
  transferCoded = false;
  /** The request's body may never come: it waits for leave to be sent. */
  expects = false;
  faults = 0;
  /** Values of single headers. */
  hostAt = 0;
  hostEnd = 0;
  agentAt = 0;
  agentEnd = 0;
  typeAt = 0;
  typeEnd = 0;
  codingAt = 0;
  codingEnd = 0;
  /** Transfer codings before `chunked`. */
  transferAt = 0;
  transferEnd = 0;
  upgradeAt = 0;
  upgradeEnd = 0;
  forwardedAt = 0;
  forwardedEnd = 0;
  forAt = 0;
  forEnd = 0;
  traceAt = 0;
  traceEnd = 0;

  clear(): void {
    this.end = 0;
    this.status = 0;
    this.major = 1;
    this.minor = 1;
    this.lengthBytes = NO_LENGTH;
    this.chunked = false;
    this.transferCoded = false;
    this.expects = false;
    this.faults = 0;
    this.transferEnd = 0;
    this.upgradeEnd = 0;
    this.hostEnd = 0;
    this.agentEnd = 0;
    this.typeEnd = 0;
    this.codingEnd = 0;
    this.forwardedEnd = 0;
    this.forEnd = 0;
    this.traceEnd = 0;
  }
}
