/** cold. Classic BPF programs: instructions, a small assembler, how a filter's answer becomes a snap length.
 *  Source: Linux, Documentation/networking/filter.rst */
import { endianness } from 'node:os';
import { CaptureError } from './source.ts';

export interface Instruction {
  readonly code: number;
  /** How many instructions a comparison skips when it holds, and when not. */
  readonly jt: number;
  readonly jf: number;
  /** Unsigned 32-bit operand. */
  readonly k: number;
}

export type Program = readonly Instruction[];

export const LD_IMM = 0x00;
export const LDX_IMM = 0x01;
export const ST = 0x02;
export const STX = 0x03;
export const ADD_K = 0x04;
export const JA = 0x05;
export const RET_K = 0x06;
export const ADD_X = 0x0c;
export const JEQ_K = 0x15;
export const RET_A = 0x16;
export const LD_W_ABS = 0x20;
export const LD_H_ABS = 0x28;
export const LD_B_ABS = 0x30;
export const JGE_K = 0x35;
export const JSET_K = 0x45;
export const LD_W_IND = 0x40;
export const LD_H_IND = 0x48;
export const LD_B_IND = 0x50;
export const AND_K = 0x54;
export const LD_MEM = 0x60;
export const RSH_K = 0x74;
export const TAX = 0x07;
export const MUL_K = 0x24;
export const LDX_MEM = 0x61;
export const LSH_K = 0x64;
export const TXA = 0x87;
export const XOR_X = 0xac;
export const LDX_MSH = 0xb1;

/** Load offsets from here on are those of the network header, wherever the link layer ends (SKF_NET_OFF). */
export const NET_OFFSET = 0xfff00000;
/** Load offsets of what the kernel knows beside the bytes (SKF_AD_OFF + SKF_AD_PKTTYPE, SKF_AD_HATYPE,
 *  SKF_AD_PROTOCOL). */
export const PACKET_TYPE = 0xfffff004;
export const HARDWARE_TYPE = 0xfffff01c;
export const ETHER_TYPE = 0xfffff000;

/** struct sock_filter. */
export const INSTRUCTION_BYTES = 8;
const HOST_LITTLE = endianness() === 'LE';

/** The kernel takes no longer program (BPF_MAXINSNS). */
export const MAX_INSTRUCTIONS = 4096;

/** A line of assembly: an operation whose jumps go to labels (none named: to the next line), a finished instruction, or
 *  a label. */
export type Line = Operation | { readonly instruction: Instruction } | { readonly label: string };

interface Operation {
  readonly code: number;
  readonly k: number;
  readonly yes?: string | undefined;
  readonly no?: string | undefined;
}

export const label = (name: string): Line => ({ label: name });
export const op = (code: number, k = 0): Line => ({ code, k });
export const jump = (to: string): Line => ({ code: JA, k: 0, yes: to });
export const jumpIf = (code: number, k: number, yes?: string, no?: string): Line => ({ code, k, yes, no });

/** @throws CaptureError ERR_BAD_FILTER for a program that is too long
 *  @throws RangeError for a jump that is too far */
export function assemble(lines: readonly Line[]): Program {
  const places = placeLabels(lines);
  const program: Instruction[] = [];
  for (const line of lines) {
    if ('instruction' in line) program.push(line.instruction);
    else if ('code' in line) program.push(resolve(line, program.length, places));
  }
  if (program.length > MAX_INSTRUCTIONS)
    throw new CaptureError(
      'ERR_BAD_FILTER',
      `filter-bpf is too long: it takes ${program.length} instructions, and the kernel at most ${MAX_INSTRUCTIONS}`,
    );
  return program;
}

function placeLabels(lines: readonly Line[]): Map<string, number> {
  const places = new Map<string, number>();
  let at = 0;
  for (const line of lines) {
    if ('label' in line) places.set(line.label, at);
    else at++;
  }
  return places;
}

function resolve(line: Operation, at: number, places: Map<string, number>): Instruction {
  const distance = (to: string | undefined): number => (to === undefined ? 0 : (places.get(to) ?? Number.NaN) - at - 1);
  if (line.code === JA) return { code: JA, jt: 0, jf: 0, k: distance(line.yes) };
  const [jt, jf] = [distance(line.yes), distance(line.no)];
  if (!(jt >= 0 && jt < 256 && jf >= 0 && jf < 256)) throw new RangeError(`filter: a jump at ${at} goes too far`);
  return { code: line.code, jt, jf, k: line.k >>> 0 };
}

/** A finished filter as part of a longer program: where it accepts, it goes on at `accept` instead of returning. Its own
 *  jumps stay right, since no instruction changes its place. */
export const embed = (filter: Program, accept: string): Line[] =>
  filter.map(instruction => (instruction.code === RET_K && instruction.k > 0 ? jump(accept) : { instruction }));

const LOADS = new Set([LD_W_ABS, LD_H_ABS, LD_B_ABS, LD_W_IND, LD_H_IND, LD_B_IND, LDX_MSH]);

/** The same program with its loads counted from the network header: for links whose own header is not looked at. */
export const fromNetworkHeader = (program: Program): Program =>
  program.map(instruction =>
    LOADS.has(instruction.code) && instruction.k < NET_OFFSET
      ? { ...instruction, k: instruction.k + NET_OFFSET }
      : instruction,
  );

/** The program as the kernel takes it: struct sock_filter, one after the other. */
export function encode(program: Program): Buffer {
  const bytes = Buffer.alloc(program.length * INSTRUCTION_BYTES);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  program.forEach(({ code, jt, jf, k }, n) => {
    const at = n * INSTRUCTION_BYTES;
    view.setUint16(at, code, HOST_LITTLE);
    bytes.set([jt, jf], at + 2);
    view.setUint32(at + 4, k, HOST_LITTLE);
  });
  return bytes;
}

/** @param bytes struct bpf_insn, one after the other, in the host's byte order */
export function decode(bytes: Buffer): Program {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: bytes.length / INSTRUCTION_BYTES }, (_, n) => {
    const at = n * INSTRUCTION_BYTES;
    return {
      code: view.getUint16(at, HOST_LITTLE),
      jt: view.getUint8(at + 2),
      jf: view.getUint8(at + 3),
      k: view.getUint32(at + 4, HOST_LITTLE),
    };
  });
}
