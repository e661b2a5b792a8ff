/** hot. The packet rings of the devices asked for as one source: drained in turn, waited for together, following
 *  their devices as these come, go and change. */
import { type Device, devices, findDevice, noSuchDevice } from './devices.ts';
import { LINKTYPE_ETHERNET } from './file-format.ts';
import { InterfaceRoll } from './interface-roll.ts';
import { InterfaceWatch } from './interface-watch.ts';
import { libc } from './libc.ts';
import { type LiveSelection, liveProgram } from './live-program.ts';
import type { RingShape } from './packet-socket.ts';
import { PollSet } from './poll-set.ts';
import { Ring } from './ring.ts';
import { RingInterfaces } from './ring-interfaces.ts';
import type { CaptureStats, Interface, OnFrame, PacketSource } from './source.ts';

export interface RingOptions extends LiveSelection {
  /** Names; one of them `any` means all there are and will be. */
  readonly devices: readonly string[];
  /** Also what is addressed to others, as on a mirror port. Default true. */
  readonly promiscuous?: boolean;
  readonly blockBytes?: number;
  readonly blocks?: number;
  /** So long a frame waits at most in a block that does not fill. */
  readonly timeoutMs?: number;
  /** One of several workers that share the traffic; all of a crew open the same devices, one worker after the other. */
  readonly crew?: CrewMember;
  /** Takes a line whenever interfaces come, go or change. */
  readonly onLog?: (line: string) => void;
}

export interface CrewMember {
  /** 0 tells and counts what becomes of the interfaces. */
  readonly number: number;
  /** Number of the crew's first fanout group, 16 bits: each device has one. */
  readonly group: number;
}

/** 16 MiB: the ring survives a stall of 130 ms at 1 Gbit/s. However little comes, the timeout ends a block that holds
 *  anything, so at best it survives `blocks` x `timeoutMs`, 1.6 s. Smaller blocks cost wake-ups. */
const DEFAULT_SHAPE: RingShape = { blockBytes: 512 * 1024, blocks: 32, timeoutMs: 50 };
/** The interfaces are looked at so often at most, and a device that cannot be opened is tried again. */
const LOOK_MS = 1000;

/** `any` as the devices are: no interface of its own, Ethernet and others mixed. */
const ANY: Device = {
  name: 'any',
  index: 0,
  linkType: LINKTYPE_ETHERNET,
  up: true,
  loopback: false,
  mac: '',
  addresses: [],
};

/** @throws CaptureError ERR_NO_DEVICE, ERR_NO_RIGHTS, ERR_BAD_FILTER, ERR_NO_LIBPCAP, ERR_NO_AF_PACKET
 *  @throws RangeError for a ring that cannot be */
export function openRing(options: RingOptions): RingSource {
  libc();
  checkShape(options);
  const names = options.devices.includes('any') ? ['any'] : [...new Set(options.devices)];
  if (names.length === 0) throw new RangeError('devices: expected at least one name, got none');
  return new RingSource(names, options);
}

const shapeOf = (options: RingOptions): RingShape => ({
  blockBytes: options.blockBytes ?? DEFAULT_SHAPE.blockBytes,
  blocks: options.blocks ?? DEFAULT_SHAPE.blocks,
  timeoutMs: options.timeoutMs ?? DEFAULT_SHAPE.timeoutMs,
});

function checkShape(options: RingOptions): void {
  const { blockBytes, blocks, timeoutMs } = shapeOf(options);
  const { snapBytes } = options;
  if (!(blockBytes >= 4096 && blockBytes % 4096 === 0))
    throw new RangeError(`blockBytes: expected a multiple of 4096, got ${blockBytes}`);
  if (!(Number.isInteger(blocks) && blocks >= 1)) throw new RangeError(`blocks: expected at least 1, got ${blocks}`);
  if (!(Number.isInteger(timeoutMs) && timeoutMs >= 1))
    throw new RangeError(`timeoutMs: expected at least 1, got ${timeoutMs}`);
  if (!(Number.isInteger(snapBytes) && snapBytes >= 1))
    throw new RangeError(`snapBytes: expected at least 1, got ${snapBytes}`);
}

/** A device asked for, and the one that its ring is of. */
interface Seat {
  readonly name: string;
  device: Device | undefined;
  ring: Ring | undefined;
}

export class RingSource implements PacketSource {
  readonly ended = false;
  readonly #options: RingOptions;
  readonly #interfaces = new RingInterfaces();
  readonly #seats: Seat[];
  /** Seats that the last wait was for, in its order. */
  #waited: Seat[] = [];
  readonly #polls: PollSet;
  readonly #watch: InterfaceWatch;
  readonly #roll: InterfaceRoll;
  #hasChanged = false;
  #lookedMs = Number.NEGATIVE_INFINITY;
  #turn = 0;
  #closed = false;
  #released = false;
  /** Of rings closed since. */
  readonly #past = { received: 0, dropped: 0 };

  constructor(names: readonly string[], options: RingOptions) {
    this.#options = options;
    this.#seats = names.map(name => ({ name, device: undefined, ring: undefined }));
    // Begun before the devices are looked at, so that no change falls in between.
    this.#watch = new InterfaceWatch();
    this.#roll = new InterfaceRoll(this.#concerned(devices()));
    try {
      for (const seat of this.#seats) {
        const device = deviceOf(seat.name);
        if (!device.up) this.#log(`${device.name} is down`);
        if (this.#canOpen(device)) this.#open(seat, device);
      }
    } catch (error) {
      for (const seat of this.#seats) seat.ring?.close();
      this.#watch.close();
      throw error;
    }
    this.#polls = new PollSet();
  }

  get interfaces(): readonly Interface[] {
    return this.#interfaces.interfaces;
  }

  /** One block of the next ring that has one. */
  drain(onFrame: OnFrame): number {
    if (this.#closed) return 0;
    for (let tries = 0; tries < this.#seats.length; tries++) {
      const seat = this.#seats[this.#turn] as Seat;
      this.#turn = this.#turn + 1 === this.#seats.length ? 0 : this.#turn + 1;
      const count = seat.ring === undefined ? 0 : seat.ring.drain(onFrame);
      if (count > 0) return count;
    }
    return 0;
  }

  async wait(timeoutMs: number): Promise<void> {
    if (this.#closed) return;
    if (!this.#polls.busy) {
      this.#follow();
      this.#waited = this.#seats.filter(seat => seat.ring !== undefined);
    }
    const fds = this.#waited.map(seat => (seat.ring as Ring).fd);
    await this.#polls.wait(this.#watch.fd < 0 ? fds : [...fds, this.#watch.fd], timeoutMs);
    if (this.#closed) this.#release();
    else this.#noticeIll();
  }

  stats(): CaptureStats {
    const sum: CaptureStats = { ...this.#past, ...(this.#isFirst ? this.#roll.stats() : {}) };
    for (const { ring } of this.#seats) if (ring !== undefined) addTo(sum, ring.stats());
    return sum;
  }

  /** The rings go when the wait under way, if any, has come back. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#polls.busy) this.#polls.wake();
    else this.#release();
  }

  #open(seat: Seat, device: Device): void {
    const { promiscuous = true, crew } = this.#options;
    const program = liveProgram(device.name, device.linkType, this.#options);
    const how = {
      promiscuous: promiscuous && device.index > 0 && !device.loopback,
      ignoreOutgoing: device.loopback,
      group: crew === undefined ? undefined : (crew.group + this.#seats.indexOf(seat)) & 0xffff,
    };
    if (device.index > 0) this.#interfaces.add(device.name, device.linkType);
    seat.ring = new Ring(device.name, device.index, program, shapeOf(this.#options), this.#interfaces, how);
    seat.device = device;
  }

  get #isFirst(): boolean {
    return (this.#options.crew?.number ?? 0) === 0;
  }

  /** Before Linux 6.13 nobody joins a group on a device that is down. */
  #canOpen(device: Device): boolean {
    return device.up || this.#options.crew === undefined;
  }

  /** A device that went down says so once; its socket stays and goes on by itself when the device comes up again. */
  #noticeIll(): void {
    this.#waited.forEach((seat, n) => {
      if (this.#polls.isIll(n) && seat.ring?.takeError() !== '') this.#hasChanged = true;
    });
  }

  /** Looks at the interfaces when something was told of them, or one that was asked for is missing. */
  #follow(): void {
    this.#hasChanged = this.#watch.take() || this.#hasChanged;
    const isDue = this.#hasChanged || this.#seats.some(seat => seat.ring === undefined);
    if (!isDue || performance.now() - this.#lookedMs < LOOK_MS) return;
    this.#lookedMs = performance.now();
    this.#hasChanged = false;
    this.#interfaces.forget();
    const now = devices();
    const changes = this.#roll.update(this.#concerned(now));
    if (changes !== '') this.#log(changes);
    for (const seat of this.#seats) if (seat.name !== ANY.name) this.#followSeat(seat, now);
  }

  /** The device of the asked name is captured, and as long as none has the name, the one that had it. */
  #followSeat(seat: Seat, now: readonly Device[]): void {
    const named = now.find(({ name }) => name === seat.name);
    const captured = now.find(({ index }) => seat.ring !== undefined && index === seat.device?.index);
    const device = named ?? captured;
    if (device !== undefined && device === captured && device.linkType === seat.device?.linkType) return;
    this.#leave(seat);
    if (device === undefined || !this.#canOpen(device)) return;
    try {
      this.#open(seat, device);
      this.#log(`${device.name} is captured now`);
    } catch (error) {
      this.#log(`${device.name} cannot be opened: ${(error as Error).message}`);
    }
  }

  /** Of all interfaces those whose changes are to be told. */
  #concerned(all: readonly Device[]): readonly Device[] {
    const isConcerned = ({ name, index }: Device) =>
      this.#seats.some(seat => seat.name === ANY.name || seat.name === name || seat.device?.index === index);
    return all.filter(isConcerned);
  }

  #leave(seat: Seat): void {
    if (seat.ring === undefined) return;
    addTo(this.#past, seat.ring.stats());
    seat.ring.close();
    seat.ring = undefined;
  }

  #release(): void {
    if (this.#released) return;
    this.#released = true;
    for (const seat of this.#seats) this.#leave(seat);
    this.#polls.close();
    this.#watch.close();
  }

  #log(line: string): void {
    if (this.#isFirst) this.#options.onLog?.(line);
  }
}

function deviceOf(name: string): Device {
  const device = name === 'any' ? ANY : findDevice(name);
  if (device === undefined) throw noSuchDevice(name);
  return device;
}

function addTo(sum: { received: number; dropped: number }, part: { received: number; dropped: number }): void {
  sum.received += part.received;
  sum.dropped += part.dropped;
}
