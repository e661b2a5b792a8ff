/** hot. A capture file as a source of frames: pcap or pcapng, plain or gzip-compressed, a pipe or standard input. */
import { createReadStream, fstatSync, openSync, readSync } from 'node:fs';
import { type ByteInput, ChunkInput, FileInput } from './byte-input.ts';
import { type FileFormat, NONE_HELD } from './file-format.ts';
import { FileSelection } from './file-selection.ts';
import { FileWindow, MAX_FRAME_BYTES } from './file-window.ts';
import { gunzipped } from './gunzip.ts';
import { FILE_HEADER_BYTES, MAGIC_NS, MAGIC_US, PcapFormat } from './pcap-format.ts';
import { PcapngFormat, SECTION_HEADER_BLOCK } from './pcapng-format.ts';
import { CaptureError, type CaptureStats, type Interface, type OnFrame, type PacketSource } from './source.ts';
import { Pacer, sleep } from './timing.ts';

export interface PcapFileOptions {
  /** A path, or `-` for standard input. */
  readonly file: string;
  /** 0 (default) as fast as possible, 1 the original timing, N times as fast. */
  readonly playSpeed?: number;
  /** A pcap filter expression; empty or undefined for everything. */
  readonly filter?: string;
  /** max-length: bytes of each frame that are handed over at most. */
  readonly snapBytes?: number;
}

/** @throws CaptureError ERR_NO_FILE when it cannot be opened, ERR_DAMAGED_FILE when it is no capture file,
 *  ERR_BAD_FILTER, ERR_NO_LIBPCAP */
export function openPcapFile(options: PcapFileOptions): PcapFile {
  const { file, playSpeed = 0, filter = '', snapBytes = MAX_FRAME_BYTES } = options;
  if (!(playSpeed >= 0)) throw new RangeError(`playSpeed: expected a number from 0 on, got ${playSpeed}`);
  if (!(snapBytes >= 1)) throw new RangeError(`snapBytes: expected at least 1, got ${snapBytes}`);
  const selects = filter.trim() !== '' || snapBytes < MAX_FRAME_BYTES;
  const selection = selects ? new FileSelection(filter, snapBytes) : undefined;
  const name = file === '-' ? 'standard input' : file;
  const source = new PcapFile(name, openInput(file), new Pacer(playSpeed), selection);
  source.open();
  return source;
}

function openInput(file: string): ByteInput {
  if (file === '-') return new ChunkInput(gunzipped(process.stdin));
  try {
    const fd = openSync(file, 'r');
    const stat = fstatSync(fd);
    if (stat.isDirectory()) throw new Error(`${file} is a directory`);
    if (stat.isFile() && !isCompressed(fd)) return new FileInput(fd);
    return new ChunkInput(gunzipped(createReadStream('', { fd, ...(stat.isFile() && { start: 0 }) })));
  } catch (error) {
    throw new CaptureError('ERR_NO_FILE', `cannot read the capture file ${file}: ${(error as Error).message}`);
  }
}

function isCompressed(fd: number): boolean {
  const magic = new Uint8Array(2);
  readSync(fd, magic, 0, 2, 0);
  return magic[0] === 0x1f && magic[1] === 0x8b;
}

export class PcapFile implements PacketSource {
  ended = false;
  readonly #name: string;
  readonly #input: ByteInput;
  readonly #pacer: Pacer;
  readonly #selection: FileSelection | undefined;
  readonly #window: FileWindow;
  #format: FileFormat | undefined;
  #received = 0;

  constructor(name: string, input: ByteInput, pacer: Pacer, selection?: FileSelection) {
    this.#name = name;
    this.#input = input;
    this.#pacer = pacer;
    this.#selection = selection;
    this.#window = new FileWindow(input);
  }

  get interfaces(): readonly Interface[] {
    return this.#format?.interfaces ?? [];
  }

  /** Reads the file header where it is there already.
   *  @throws CaptureError when it is no capture file */
  open(): void {
    if (this.#window.fill()) this.#format = this.#recognise();
    else this.#finishWhenEnded();
  }

  drain(onFrame: OnFrame): number {
    while (!this.ended) {
      const count = this.#drainWindow(onFrame);
      if (count > 0) return this.#countSelected(count);
      if (this.#format?.problem) this.#fail(this.#format.problem, this.#window.offset);
      if (this.#heldUs !== NONE_HELD) return 0;
      if (!this.#window.fill()) {
        this.#finishWhenEnded();
        return 0;
      }
    }
    return 0;
  }

  wait(timeoutMs: number): Promise<void> {
    if (this.#heldUs === NONE_HELD) return this.#input.wait(timeoutMs);
    return sleep(Math.min(timeoutMs, this.#pacer.dueInMs(this.#heldUs)));
  }

  /** `dropped` are the records longer than a frame may be. */
  stats(): CaptureStats {
    const dropped = this.#format?.skipped ?? 0;
    return { received: this.#received + dropped, dropped };
  }

  close(): void {
    this.ended = true;
    this.#input.close();
  }

  get #heldUs(): number {
    return this.#format?.heldUs ?? NONE_HELD;
  }

  #drainWindow(onFrame: OnFrame): number {
    this.#format ??= this.#recognise();
    if (this.#format === undefined) return 0;
    const next = this.#selection?.before(onFrame, this.#format.interfaces) ?? onFrame;
    const count = this.#format.drain(this.#window, next, this.#pacer.limitUs());
    if (this.#heldUs !== NONE_HELD) this.#pacer.start(this.#heldUs);
    return count;
  }

  /** @returns how many of `count` frames were handed over */
  #countSelected(count: number): number {
    const selected = count - (this.#selection?.takeRefused() ?? 0);
    this.#received += selected;
    return selected;
  }

  /** @returns undefined while too little of the file is there to tell */
  #recognise(): FileFormat | undefined {
    const { view, at, end } = this.#window;
    if (end - at < 4) return undefined;
    const magic = view.getUint32(at, true);
    if (magic === SECTION_HEADER_BLOCK) return new PcapngFormat();
    const swapped = view.getUint32(at, false);
    const isPcap = [MAGIC_US, MAGIC_NS].some(known => known === magic || known === swapped);
    if (!isPcap) this.#fail(`${EXPECTED_HEADER}, found ${hex(swapped)}`, 0);
    return end - at < FILE_HEADER_BYTES ? undefined : new PcapFormat(this.#window);
  }

  #finishWhenEnded(): void {
    if (!this.#window.ended) return;
    const at = this.#window.endOffset;
    if (this.#input.problem !== '') this.#fail(`expected more of it, found: ${this.#input.problem}`, at);
    if (this.#format === undefined) this.#fail(`${EXPECTED_HEADER}, found its end`, at);
    if (this.#window.cut) this.#fail(`expected ${this.#format.expected}, found the end of the file`, at);
    this.close();
  }

  #fail(what: string, offset: number): never {
    this.close();
    throw new CaptureError('ERR_DAMAGED_FILE', `${this.#name}: damaged at byte ${offset}: ${what}`);
  }
}

const EXPECTED_HEADER = 'expected the header of a pcap or pcapng file';
const hex = (word: number): string => word.toString(16).padStart(8, '0');
