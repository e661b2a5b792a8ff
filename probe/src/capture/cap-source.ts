/** warm. Frames through the npm package cap (libpcap), for systems without packet rings. It calls back for every frame
 *  on the event loop and tells neither stamp nor wire length: a frame counts as arrived when it is called. */
import { createRequire } from 'node:module';
import { addressesOf, findDevice, noSuchDevice } from './devices.ts';
import { LINKTYPE_ETHERNET, LINKTYPE_RAW } from './file-format.ts';
import { FrameQueue } from './frame-queue.ts';
import { CaptureError, type CaptureStats, type Interface, type OnFrame, type PacketSource } from './source.ts';
import { matchTagged } from './tagged-filter.ts';
import { within } from './timing.ts';

export interface CapOptions {
  /** One name; cap opens one device at a time. */
  readonly device: string;
  readonly filter?: string;
  readonly snapBytes: number;
}

/** What the kernel may hold for us between two turns of the event loop. */
const KERNEL_BUFFER_BYTES = 16 * 1024 * 1024;
/** cap's own snap length. */
const MAX_FRAME_BYTES = 65_535;

/** Link types as cap names them. */
const LINK_TYPES: Readonly<Record<string, number>> = {
  NULL: 0,
  ETHERNET: LINKTYPE_ETHERNET,
  IEEE802_11_RADIO: 127,
  LINKTYPE_LINUX_SLL: 113,
  RAW: LINKTYPE_RAW,
};

/** The part of cap that is used. */
export interface CapHandle {
  open(device: string, filter: string, bufferBytes: number, frame: Buffer): string;
  on(event: 'packet', listener: (frameBytes: number, truncated: boolean) => void): unknown;
  setMinBytes?(bytes: number): void;
  close(): void;
}

/** @throws CaptureError ERR_NO_CAP when the optional package is not installed */
export function loadCap(): new () => CapHandle {
  try {
    return createRequire(import.meta.url)('cap').Cap;
  } catch {
    throw new CaptureError('ERR_NO_CAP', 'capturing here needs the npm package cap and libpcap: npm install cap');
  }
}

/** @throws CaptureError ERR_NO_CAP, ERR_NO_DEVICE, ERR_NO_RIGHTS, ERR_BAD_FILTER */
export function openCap(options: CapOptions, Cap = loadCap()): CapSource {
  if (options.device !== 'any' && findDevice(options.device) === undefined) throw noSuchDevice(options.device);
  const { filter = '' } = options;
  const anyTag = matchTagged(filter);
  if (anyTag === filter) return new CapSource(options, new Cap());
  try {
    return new CapSource({ ...options, filter: anyTag }, new Cap());
  } catch {
    // Its links have no tags; or whatever else is wrong is told in the user's own words.
    return new CapSource(options, new Cap());
  }
}

/** Every handle ever made: cap leaves its poll handle in the event loop after close, and takes one away that it never
 *  made after a failed open, so that collecting a handle ends the process. One more per open, which is rare. */
const kept: CapHandle[] = [];

export class CapSource implements PacketSource {
  readonly ended = false;
  readonly interfaces: readonly Interface[];
  readonly #cap: CapHandle;
  readonly #queue = new FrameQueue();
  #closed = false;
  #arrived: (() => void) | undefined;

  constructor({ device, filter = '', snapBytes }: CapOptions, cap: CapHandle) {
    const frame = Buffer.alloc(MAX_FRAME_BYTES);
    kept.push(cap);
    this.#cap = cap;
    const linkName = openDevice(cap, device, filter, frame);
    this.interfaces = [{ name: device, linkType: linkTypeNamed(linkName), addresses: addressesOf(device) }];
    cap.setMinBytes?.(0);
    cap.on('packet', frameBytes => this.#take(frame, Math.min(frameBytes, snapBytes), frameBytes));
  }

  drain(onFrame: OnFrame): number {
    return this.#closed ? 0 : this.#queue.drain(onFrame);
  }

  async wait(timeoutMs: number): Promise<void> {
    if (this.#closed || this.#queue.count > 0) return;
    const arrival = new Promise<void>(resolve => {
      this.#arrived = resolve;
    });
    await within(arrival, timeoutMs);
  }

  /** What the kernel dropped before cap saw it is not told. */
  stats(): CaptureStats {
    return { received: this.#queue.received, dropped: this.#queue.dropped };
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#cap.close();
    this.#arrived?.();
  }

  #take(frame: Buffer, capturedBytes: number, wireBytes: number): void {
    const tsUs = Math.floor((performance.timeOrigin + performance.now()) * 1000);
    this.#queue.push(frame, capturedBytes, wireBytes, tsUs);
    this.#arrived?.();
    this.#arrived = undefined;
  }
}

function openDevice(cap: CapHandle, device: string, filter: string, frame: Buffer): string {
  try {
    return cap.open(device, filter, KERNEL_BUFFER_BYTES, frame);
  } catch (error) {
    throw explain(device, filter, (error as Error).message);
  }
}

function explain(device: string, filter: string, why: string): CaptureError {
  if (/permission|not permitted|CAP_NET_RAW/i.test(why))
    return new CaptureError('ERR_NO_RIGHTS', `capturing on ${device} needs more rights: run as root (sudo): ${why}`);
  if (/filter|syntax|expression|parse/i.test(why))
    return new CaptureError('ERR_BAD_FILTER', `filter-bpf "${filter}": ${why}`);
  return new CaptureError('ERR_CAPTURE', `cannot capture on ${device}: ${why}`);
}

/** @param name as cap gives it: a name it knows, or `Unknown linktype 9` */
function linkTypeNamed(name: string): number {
  const linkType = LINK_TYPES[name] ?? Number(/\d+$/.exec(name)?.[0]);
  if (Number.isNaN(linkType)) throw new CaptureError('ERR_CAPTURE', `cap names a link type unknown here: ${name}`);
  return linkType;
}
