/** hot. The pcapng file format: several sections, each with its byte order and its interfaces; enhanced, simple and
 *  obsolete packet blocks; every other block is passed over.
 *  Source: draft-ietf-opsawg-pcapng, sections 3 and 4 */
import { type FileFormat, NONE_HELD } from './file-format.ts';
import { type FileWindow, MAX_FRAME_BYTES, MAX_RECORD_BYTES } from './file-window.ts';
import { PcapngInterfaces } from './pcapng-interfaces.ts';
import type { Interface, OnFrame } from './source.ts';

export const SECTION_HEADER_BLOCK = 0x0a0d0d0a;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const INTERFACE_DESCRIPTION_BLOCK = 1;
const PACKET_BLOCK = 2;
const SIMPLE_PACKET_BLOCK = 3;
const ENHANCED_PACKET_BLOCK = 6;

/** Block type, length and the length's repetition at the end. */
const FRAMING_BYTES = 12;
const SECTION_HEADER_MIN_BYTES = 28;
const INTERFACE_DESCRIPTION_MIN_BYTES = 20;
const PACKET_MIN_BYTES = 32;
const SIMPLE_PACKET_MIN_BYTES = 16;

export class PcapngFormat implements FileFormat {
  skipped = 0;
  heldUs = NONE_HELD;
  problem = '';
  readonly #section = new PcapngInterfaces();
  #little = true;
  #lastUs = 0;
  #frames = 0;

  get interfaces(): readonly Interface[] {
    return this.#section.interfaces;
  }

  get expected(): string {
    return 'the rest of a block';
  }

  drain(window: FileWindow, onFrame: OnFrame, limitUs: number): number {
    this.heldUs = NONE_HELD;
    this.#frames = 0;
    while (this.problem === '' && window.end - window.at >= FRAMING_BYTES) {
      const { view, at, end } = window;
      const type = view.getUint32(at, this.#little);
      if (type === SECTION_HEADER_BLOCK) this.#readByteOrder(view, at);
      const lengthBytes = view.getUint32(at + 4, this.#little);
      if (lengthBytes > end - at) {
        this.#passOverlong(window, type, lengthBytes);
        break;
      }
      if (!this.#isWhole(view, at, lengthBytes)) break;
      if (!this.#takeBlock(window, type, lengthBytes, onFrame, limitUs)) break;
      window.at = at + lengthBytes;
    }
    return this.#frames;
  }

  #readByteOrder(view: DataView, at: number): void {
    const magic = view.getUint32(at + 8, true);
    this.#little = magic === BYTE_ORDER_MAGIC;
    if (view.getUint32(at + 8, this.#little) !== BYTE_ORDER_MAGIC)
      this.problem = 'expected the byte-order magic of a section header';
  }

  #isWhole(view: DataView, at: number, lengthBytes: number): boolean {
    if (this.problem !== '') return false;
    if (lengthBytes < FRAMING_BYTES || lengthBytes % 4 !== 0)
      this.problem = `expected a block, found one that claims ${lengthBytes} bytes`;
    else if (view.getUint32(at + lengthBytes - 4, this.#little) !== lengthBytes)
      this.problem = `expected a block that ends with its length of ${lengthBytes} bytes`;
    return this.problem === '';
  }

  /** @returns false when the block stays where it is: it is not due yet, or damaged */
  #takeBlock(window: FileWindow, type: number, lengthBytes: number, onFrame: OnFrame, limitUs: number): boolean {
    if (type === ENHANCED_PACKET_BLOCK || type === PACKET_BLOCK)
      return this.#takePacket(window, type, lengthBytes, onFrame, limitUs);
    if (type === SIMPLE_PACKET_BLOCK) return this.#takeSimplePacket(window, lengthBytes, onFrame);
    if (type === INTERFACE_DESCRIPTION_BLOCK) return this.#takeInterface(window, lengthBytes);
    if (type === SECTION_HEADER_BLOCK) return this.#takeSection(lengthBytes);
    return true;
  }

  #takePacket(window: FileWindow, type: number, lengthBytes: number, onFrame: OnFrame, limitUs: number): boolean {
    if (lengthBytes < PACKET_MIN_BYTES) return this.#tooShort('packet', lengthBytes);
    const { view, at } = window;
    const id = type === PACKET_BLOCK ? view.getUint16(at + 8, this.#little) : view.getUint32(at + 8, this.#little);
    if (!this.#knows(id)) return false;
    const capturedBytes = view.getUint32(at + 20, this.#little);
    if (capturedBytes > lengthBytes - PACKET_MIN_BYTES) return this.#overflows(capturedBytes, lengthBytes);
    const high = view.getUint32(at + 12, this.#little);
    const tsUs = this.#section.clock(id).us(high, view.getUint32(at + 16, this.#little));
    if (tsUs > limitUs) {
      this.heldUs = tsUs;
      return false;
    }
    this.#lastUs = tsUs;
    this.#handOver(window, at + 28, capturedBytes, view.getUint32(at + 24, this.#little), id, onFrame);
    return true;
  }

  /** A simple packet has neither stamp nor captured length: it takes the stamp of the packet before it. */
  #takeSimplePacket(window: FileWindow, lengthBytes: number, onFrame: OnFrame): boolean {
    if (lengthBytes < SIMPLE_PACKET_MIN_BYTES) return this.#tooShort('simple packet', lengthBytes);
    if (!this.#knows(0)) return false;
    const wireBytes = window.view.getUint32(window.at + 8, this.#little);
    const capturedBytes = Math.min(wireBytes, this.#section.snapBytes(0), lengthBytes - SIMPLE_PACKET_MIN_BYTES);
    this.#handOver(window, window.at + 12, capturedBytes, wireBytes, 0, onFrame);
    return true;
  }

  #takeInterface(window: FileWindow, lengthBytes: number): boolean {
    if (lengthBytes < INTERFACE_DESCRIPTION_MIN_BYTES) return this.#tooShort('interface description', lengthBytes);
    const end = window.at + lengthBytes - 4;
    if (this.#section.add(window.view, window.at + 8, end, this.#little)) return true;
    this.problem = 'expected no more interfaces than a section may have';
    return false;
  }

  #takeSection(lengthBytes: number): boolean {
    if (lengthBytes < SECTION_HEADER_MIN_BYTES) return this.#tooShort('section header', lengthBytes);
    this.#section.clear();
    return true;
  }

  #handOver(window: FileWindow, at: number, captured: number, wireBytes: number, id: number, onFrame: OnFrame): void {
    if (captured > MAX_FRAME_BYTES) {
      this.skipped++;
      return;
    }
    const wire = Math.max(wireBytes, captured);
    onFrame(window.bytes, at, captured, wire, this.#lastUs, this.#section.index(id), -1);
    this.#frames++;
  }

  /** Steps over a block that never fits the window: an overlong frame is counted, other blocks are of no interest. */
  #passOverlong(window: FileWindow, type: number, lengthBytes: number): void {
    if (this.problem !== '' || lengthBytes <= window.bytes.length) return;
    if (lengthBytes > MAX_RECORD_BYTES || type === SECTION_HEADER_BLOCK || type === INTERFACE_DESCRIPTION_BLOCK) {
      this.problem = `expected a block, found one that claims ${lengthBytes} bytes`;
      return;
    }
    if (type === ENHANCED_PACKET_BLOCK || type === PACKET_BLOCK || type === SIMPLE_PACKET_BLOCK) this.skipped++;
    window.skip(lengthBytes);
  }

  #knows(id: number): boolean {
    if (this.#section.has(id)) return true;
    this.problem = `expected a packet of an interface described before, found one of interface ${id}`;
    return false;
  }

  #tooShort(what: string, lengthBytes: number): boolean {
    this.problem = `expected a whole ${what} block, found one of ${lengthBytes} bytes`;
    return false;
  }

  #overflows(capturedBytes: number, lengthBytes: number): boolean {
    this.problem = `expected a packet inside its block of ${lengthBytes} bytes, found one that claims ${capturedBytes}`;
    return false;
  }
}
