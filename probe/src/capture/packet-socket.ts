/** cold. An AF_PACKET socket with its ring, set up in the order that lets no unfiltered frame slip in: it belongs to no
 *  protocol, and so hears nothing, until it is bound as the last step.
 *  Source: packet(7); Linux, Documentation/networking/packet_mmap.rst */
import koffi from 'koffi';
import { encode, INSTRUCTION_BYTES, type Program } from './bpf.ts';
import { errorName, errorNameOf, libc } from './libc.ts';
import { CaptureError } from './source.ts';

const AF_PACKET = 17;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0x80000;
const ETH_P_ALL = 3;
const SOL_SOCKET = 1;
const SO_ERROR = 4;
const SO_ATTACH_FILTER = 26;
const SOL_PACKET = 263;
const PACKET_ADD_MEMBERSHIP = 1;
const PACKET_RX_RING = 5;
const PACKET_STATISTICS = 6;
const PACKET_VERSION = 10;
const PACKET_FANOUT = 18;
const PACKET_FANOUT_DATA = 22;
const PACKET_IGNORE_OUTGOING = 23;
const PACKET_FANOUT_CBPF = 6;
const PACKET_MR_PROMISC = 1;
const TPACKET_V3 = 2;
/** The third version packs frames of any length into blocks; the frame size is only checked for plausibility. */
const FRAME_BYTES = 2048;

export interface RingShape {
  /** Bytes of a block: a multiple of the page size, and of 2048. */
  readonly blockBytes: number;
  readonly blocks: number;
  /** After so long a block with anything in it is handed over. */
  readonly timeoutMs: number;
}

const int32 = (...values: number[]): Buffer => Buffer.from(Int32Array.from(values).buffer);

export class PacketSocket {
  readonly fd: number;
  readonly #device: string;

  /** @param device its name, for messages
   *  @throws CaptureError ERR_NO_RIGHTS, ERR_NO_AF_PACKET */
  constructor(device: string) {
    this.#device = device;
    this.fd = libc().socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (this.fd < 0) throw cannotOpen(device, errorName());
    this.#set(PACKET_VERSION, int32(TPACKET_V3), 'PACKET_VERSION');
  }

  /** @throws CaptureError ERR_BAD_FILTER when the kernel refuses the program */
  attach(program: Program): void {
    const code = encode(program);
    const header = programHeader(code);
    if (libc().setsockopt(this.fd, SOL_SOCKET, SO_ATTACH_FILTER, header, header.length) < 0)
      throw new CaptureError('ERR_BAD_FILTER', `the kernel refuses the filter for ${this.#device}: ${errorName()}`);
  }

  /** Spares the copies of what goes out; kernels before 4.20 cannot, so the filter leaves them out as well. */
  ignoreOutgoing(): void {
    libc().setsockopt(this.fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, int32(1), 4);
  }

  setRing({ blockBytes, blocks, timeoutMs }: RingShape): void {
    const frames = (blockBytes / FRAME_BYTES) * blocks;
    this.#set(PACKET_RX_RING, int32(blockBytes, blocks, FRAME_BYTES, frames, timeoutMs, 0, 0), 'PACKET_RX_RING');
  }

  setPromiscuous(ifindex: number): void {
    const request = Buffer.alloc(16);
    int32(ifindex, PACKET_MR_PROMISC).copy(request);
    this.#set(PACKET_ADD_MEMBERSHIP, request, 'PACKET_ADD_MEMBERSHIP');
  }

  /** Shares what comes with the other sockets of the group: each frame goes to one of them. After `bind`.
   *  @param group 16-bit number of the group, of sockets bound to the same device
   *  @param program its answer, modulo the sockets in the order in which they joined, is the one that gets the frame */
  join(group: number, program: Program): void {
    this.#set(PACKET_FANOUT, int32(group | (PACKET_FANOUT_CBPF << 16)), 'PACKET_FANOUT');
    const code = encode(program);
    this.#set(PACKET_FANOUT_DATA, programHeader(code), 'PACKET_FANOUT_DATA');
  }

  /** From here on frames come. @param ifindex 0 for all interfaces */
  bind(ifindex: number): void {
    const address = Buffer.alloc(20);
    new Uint16Array(address.buffer, address.byteOffset, 1)[0] = AF_PACKET;
    address.writeUInt16BE(ETH_P_ALL, 2);
    int32(ifindex).copy(address, 4);
    if (libc().bind(this.fd, address, address.length) < 0) throw this.#refused('bind');
  }

  /** @returns frames that passed the filter, and those dropped of them, since the last call */
  takeStatistics(): { received: number; dropped: number } {
    const value = this.#get(SOL_PACKET, PACKET_STATISTICS, 12);
    return { received: value[0] as number, dropped: value[1] as number };
  }

  /** @returns what went wrong since the last call (`ENETDOWN`), or an empty text */
  takeError(): string {
    return errorNameOf(this.#get(SOL_SOCKET, SO_ERROR, 4)[0] as number);
  }

  close(): void {
    libc().close(this.fd);
  }

  #set(name: number, value: Buffer, title: string): void {
    if (libc().setsockopt(this.fd, SOL_PACKET, name, value, value.length) < 0) throw this.#refused(title);
  }

  #get(level: number, name: number, valueBytes: number): Uint32Array {
    const value = new Uint32Array(valueBytes / 4);
    libc().getsockopt(this.fd, level, name, Buffer.from(value.buffer), int32(valueBytes));
    return value;
  }

  #refused(step: string): CaptureError {
    return new CaptureError('ERR_CAPTURE', `cannot capture on ${this.#device}: ${step} failed: ${errorName()}`);
  }
}

/** struct sock_fprog. @param code lent: has to live until the kernel has read it */
function programHeader(code: Buffer): Buffer {
  const header = Buffer.alloc(16);
  new Uint16Array(header.buffer, header.byteOffset, 1)[0] = code.length / INSTRUCTION_BYTES;
  new BigUint64Array(header.buffer, header.byteOffset, 2)[1] = koffi.address(code);
  return header;
}

function cannotOpen(device: string, why: string): CaptureError {
  if (why === 'EPERM' || why === 'EACCES')
    return new CaptureError(
      'ERR_NO_RIGHTS',
      `capturing on ${device} needs the capability CAP_NET_RAW: run as root (sudo), or give it once with ` +
        `sudo setcap cap_net_raw+ep ${process.execPath}`,
    );
  if (why === 'EAFNOSUPPORT')
    return new CaptureError('ERR_NO_AF_PACKET', 'this kernel has no packet sockets: load af_packet, or use npm cap');
  return new CaptureError('ERR_CAPTURE', `cannot capture on ${device}: ${why}`);
}
