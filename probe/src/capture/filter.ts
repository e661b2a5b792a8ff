/** cold. filter-bpf: pcap filter expressions, compiled by libpcap. */
import { createRequire } from 'node:module';
import type { LibraryHandle } from 'koffi';
import { decode, type Program } from './bpf.ts';
import { devices } from './devices.ts';
import { LINKTYPE_ETHERNET, LINKTYPE_RAW } from './file-format.ts';
import { CaptureError } from './source.ts';
import { matchTagged } from './tagged-filter.ts';

const LIBRARIES = ['libpcap.so.0.8', 'libpcap.so.1', 'libpcap.so', 'libpcap.A.dylib', 'wpcap.dll'];
/** The number libpcap itself has for raw IP, where files say 101; other link types have one number. */
const DLT_RAW = 12;
const MAX_SNAP_BYTES = 262144;
const NETMASK_UNKNOWN = 0xffffffff;
const ERROR_BYTES = 256;
/** struct bpf_program: a count, padding, a pointer. */
const BPF_PROGRAM_BYTES = 16;

/** What the expression says of a frame, it says of the same frame with one or two VLAN tags in it as well.
 *  @param linkType LINKTYPE_ of the frames
 *  @throws CaptureError ERR_BAD_FILTER with the compiler's own words, ERR_NO_LIBPCAP */
export function compileFilter(expression: string, linkType: number): Program {
  // First as it was written, so that a mistake is told in the user's words.
  const program = compileAsWritten(expression, linkType);
  return linkType === LINKTYPE_ETHERNET ? compileAsWritten(matchTagged(expression), linkType) : program;
}

/** @returns what is wrong with an expression, in the compiler's own words; undefined when nothing is, or when there is no
 *  compiler here to ask */
export function filterMistake(expression: string): string | undefined {
  try {
    compileFilter(expression, LINKTYPE_ETHERNET);
    return undefined;
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    return error.code === 'ERR_BAD_FILTER' ? error.message.slice(badFilter(expression, '').message.length) : undefined;
  }
}

function compileAsWritten(expression: string, linkType: number): Program {
  const pcap = loadLibpcap();
  return compileOn(pcap, pcap.openDead(linkType === LINKTYPE_RAW ? DLT_RAW : linkType, MAX_SNAP_BYTES), expression);
}

/** For Ethernet. The kernel takes VLAN tags off the frames, so a filter that says `vlan` has to ask for what the kernel
 *  remembers of them: libpcap writes such programs only for a device that it has opened.
 *  @throws CaptureError as compileFilter */
export function compileDeviceFilter(expression: string, device: string): Program {
  if (!/\bvlan\b/.test(expression)) return compileFilter(expression, LINKTYPE_ETHERNET);
  const pcap = loadLibpcap();
  // A device that is down cannot be opened, and libpcap's own `any` has no Ethernet headers; ours has those of each
  // device, and any other that is up does as well.
  const up = devices().filter(({ up, linkType }) => up && linkType === LINKTYPE_ETHERNET);
  const { name } = up.find(({ name }) => name === device) ?? up[0] ?? { name: device };
  const handle = pcap.create(name, Buffer.alloc(ERROR_BYTES));
  if (handle !== null && pcap.activate(handle) >= 0) return compileOn(pcap, handle, expression);
  if (handle !== null) pcap.close(handle);
  return compileFilter(expression, LINKTYPE_ETHERNET);
}

function compileOn(pcap: Libpcap, handle: unknown, expression: string): Program {
  const program = Buffer.alloc(BPF_PROGRAM_BYTES);
  try {
    if (pcap.compile(handle, program, expression, 1, NETMASK_UNKNOWN) < 0)
      throw badFilter(expression, pcap.error(handle));
    return readProgram(pcap, program);
  } finally {
    pcap.close(handle);
  }
}

function readProgram(pcap: Libpcap, program: Buffer): Program {
  const koffi = loadKoffi();
  const count = koffi.decode(program, 'uint32_t') as number;
  const instructions = koffi.decode(program, 8, 'void *') as unknown;
  const copy = Buffer.from(Buffer.from(koffi.view(instructions, count * 8)));
  pcap.freeCode(program);
  return decode(copy);
}

const badFilter = (expression: string, why: string): CaptureError =>
  new CaptureError('ERR_BAD_FILTER', `filter-bpf "${expression}": ${why}`);

interface Libpcap {
  openDead(dlt: number, snapBytes: number): unknown;
  create(device: string, error: Buffer): unknown;
  activate(handle: unknown): number;
  compile(handle: unknown, program: Buffer, expression: string, optimize: number, netmask: number): number;
  error(handle: unknown): string;
  freeCode(program: Buffer): void;
  close(handle: unknown): void;
}

let loaded: Libpcap | undefined;

function loadLibpcap(): Libpcap {
  loaded ??= bindLibpcap(firstLibrary());
  return loaded;
}

/** Only who filters pays for it: reading a file does without. */
const loadKoffi = (): typeof import('koffi') => createRequire(import.meta.url)('koffi');

function firstLibrary(): LibraryHandle {
  const koffi = loadKoffi();
  for (const name of LIBRARIES) {
    try {
      return koffi.load(name);
    } catch {
      // the next name
    }
  }
  throw new CaptureError('ERR_NO_LIBPCAP', 'filter-bpf needs libpcap, which is not here: install libpcap0.8 (libpcap)');
}

const bindLibpcap = (library: LibraryHandle): Libpcap => ({
  openDead: library.func('void *pcap_open_dead(int, int)'),
  create: library.func('void *pcap_create(const char *, void *)'),
  activate: library.func('int pcap_activate(void *)'),
  compile: library.func('int pcap_compile(void *, void *, const char *, int, uint32_t)'),
  error: library.func('const char *pcap_geterr(void *)'),
  freeCode: library.func('void pcap_freecode(void *)'),
  close: library.func('void pcap_close(void *)'),
});
