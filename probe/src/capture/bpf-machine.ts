/** hot. Runs classic BPF over frames of a file, as the kernel does over live ones.
 *  Source: McCanne, Jacobson: The BSD Packet Filter, section 3; Linux, Documentation/networking/filter.rst */
import type { Program } from './bpf.ts';

/** Scratch words of a program (BPF_MEMWORDS). */
const MEMORY_WORDS = 16;

export class BpfMachine {
  readonly #code: Uint16Array;
  readonly #jt: Uint8Array;
  readonly #jf: Uint8Array;
  readonly #k: Int32Array;
  readonly #memory = new Int32Array(MEMORY_WORDS);

  /** @param program as the compiler made it: jumps lead forward, every way ends in a return */
  constructor(program: Program) {
    this.#code = Uint16Array.from(program, instruction => instruction.code);
    this.#jt = Uint8Array.from(program, instruction => instruction.jt);
    this.#jf = Uint8Array.from(program, instruction => instruction.jf);
    this.#k = Int32Array.from(program, instruction => instruction.k | 0);
  }

  /** @param at offset of the frame, of which `capturedBytes` are there and which had `wireBytes`
   *  @returns what the program returns: 0 when the frame is refused, as when it reads behind its end */
  run(bytes: Uint8Array, at: number, capturedBytes: number, wireBytes: number): number {
    let a = 0;
    let x = 0;
    for (let pc = 0; pc < this.#code.length; pc++) {
      const code = this.#code[pc] as number;
      const k = this.#k[pc] as number;
      switch (code & 7) {
        case 0: // LD
        case 1: {
          // LDX
          const value = this.#load(code, k, x, bytes, at, capturedBytes, wireBytes);
          if (value === OUTSIDE) return 0;
          if (code & 1) x = value | 0;
          else a = value | 0;
          break;
        }
        case 2: // ST
          this.#memory[k & 15] = a;
          break;
        case 3: // STX
          this.#memory[k & 15] = x;
          break;
        case 4: {
          // ALU
          const operand = code & 8 ? x : k;
          if (operand === 0 && isDivision(code)) return 0;
          a = calculate(code & 0xf0, a, operand);
          break;
        }
        case 5: // JMP
          pc += (code & 0xf0) === 0 ? k : compare(code & 0xf0, a, code & 8 ? x : k) ? this.#jtAt(pc) : this.#jfAt(pc);
          break;
        case 6: // RET
          return (code & 0x18 ? a : k) >>> 0;
        default: // MISC: TAX, TXA
          if (code & 0x80) a = x;
          else x = a;
      }
    }
    return 0;
  }

  #jtAt(pc: number): number {
    return this.#jt[pc] as number;
  }

  #jfAt(pc: number): number {
    return this.#jf[pc] as number;
  }

  /** @returns the value, or OUTSIDE */
  #load(code: number, k: number, x: number, bytes: Uint8Array, at: number, captured: number, wire: number): number {
    switch (code & 0xe0) {
      case 0x00: // IMM
        return k;
      case 0x20: // ABS
        return word(code & 0x18, k >>> 0, bytes, at, captured);
      case 0x40: // IND
        return word(code & 0x18, (x >>> 0) + (k >>> 0), bytes, at, captured);
      case 0x60: // MEM
        return this.#memory[k & 15] as number;
      case 0x80: // LEN
        return wire;
      default: {
        // MSH
        const byte = word(0x10, k >>> 0, bytes, at, captured);
        return byte === OUTSIDE ? OUTSIDE : (byte & 0xf) << 2;
      }
    }
  }
}

/** No 32-bit value. */
const OUTSIDE = 2 ** 40;

function word(size: number, offset: number, bytes: Uint8Array, at: number, capturedBytes: number): number {
  const length = size === 0 ? 4 : size === 8 ? 2 : 1;
  if (offset + length > capturedBytes) return OUTSIDE;
  let value = 0;
  for (let n = at + offset; n < at + offset + length; n++) value = (value << 8) | (bytes[n] as number);
  return value;
}

const isDivision = (code: number): boolean => (code & 0xf0) === 0x30 || (code & 0xf0) === 0x90;

function calculate(operation: number, a: number, operand: number): number {
  switch (operation) {
    case 0x00:
      return (a + operand) | 0;
    case 0x10:
      return (a - operand) | 0;
    case 0x20:
      return Math.imul(a, operand);
    case 0x30:
      return ((a >>> 0) / (operand >>> 0)) | 0;
    case 0x40:
      return a | operand;
    case 0x50:
      return a & operand;
    case 0x60:
      return operand >>> 0 > 31 ? 0 : a << operand;
    case 0x70:
      return operand >>> 0 > 31 ? 0 : a >>> operand;
    case 0x80:
      return -a | 0;
    case 0x90:
      return ((a >>> 0) % (operand >>> 0)) | 0;
    default:
      return a ^ operand;
  }
}

function compare(operation: number, a: number, operand: number): boolean {
  if (operation === 0x10) return a === operand;
  if (operation === 0x20) return a >>> 0 > operand >>> 0;
  if (operation === 0x30) return a >>> 0 >= operand >>> 0;
  return (a & operand) !== 0;
}
