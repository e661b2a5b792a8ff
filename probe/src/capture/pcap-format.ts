/** hot. The pcap file format: microseconds or nanoseconds, either byte order.
 *  Source: draft-ietf-opsawg-pcap, sections 4 and 5 */
import { type FileFormat, linkTypeOf, NONE_HELD } from './file-format.ts';
import { type FileWindow, MAX_FRAME_BYTES, MAX_RECORD_BYTES } from './file-window.ts';
import type { Interface, OnFrame } from './source.ts';

export const MAGIC_US = 0xa1b2c3d4;
export const MAGIC_NS = 0xa1b23c4d;
export const FILE_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;
/** The upper bits of the link type's word say whether frames carry a checksum at their end. */
const LINKTYPE_MASK = 0xffff;

export class PcapFormat implements FileFormat {
  readonly interfaces: Interface[];
  skipped = 0;
  heldUs = NONE_HELD;
  problem = '';
  readonly #little: boolean;
  /** Units of a stamp's second word in one microsecond. */
  readonly #perUs: number;

  /** Takes the file header from the window.
   *  @param window holds at least FILE_HEADER_BYTES, the first four being one of the magics */
  constructor(window: FileWindow) {
    const { view, at } = window;
    const magic = view.getUint32(at, true);
    this.#little = magic === MAGIC_US || magic === MAGIC_NS;
    this.#perUs = view.getUint32(at, this.#little) === MAGIC_NS ? 1000 : 1;
    const linkType = linkTypeOf(view.getUint32(at + 20, this.#little) & LINKTYPE_MASK);
    this.interfaces = [{ name: '', linkType, addresses: [] }];
    window.skip(FILE_HEADER_BYTES);
  }

  get expected(): string {
    return 'the rest of a packet record';
  }

  drain(window: FileWindow, onFrame: OnFrame, limitUs: number): number {
    const { bytes, view, end } = window;
    const little = this.#little;
    const perUs = this.#perUs;
    let { at } = window;
    let count = 0;
    this.heldUs = NONE_HELD;
    while (end - at >= RECORD_HEADER_BYTES) {
      const capturedBytes = view.getUint32(at + 8, little);
      const frameAt = at + RECORD_HEADER_BYTES;
      if (capturedBytes > end - frameAt) break;
      const tsUs = view.getUint32(at, little) * 1e6 + ((view.getUint32(at + 4, little) / perUs) >>> 0);
      if (tsUs > limitUs) {
        this.heldUs = tsUs;
        break;
      }
      at = frameAt + capturedBytes;
      if (capturedBytes > MAX_FRAME_BYTES) {
        this.skipped++;
        continue;
      }
      const wireBytes = view.getUint32(frameAt - 4, little);
      onFrame(bytes, frameAt, capturedBytes, Math.max(wireBytes, capturedBytes), tsUs, 0, -1);
      count++;
    }
    window.at = at;
    this.#passOverlong(window);
    return count;
  }

  /** Steps over a record that never fits the window. */
  #passOverlong(window: FileWindow): void {
    if (window.end - window.at < RECORD_HEADER_BYTES) return;
    const capturedBytes = window.view.getUint32(window.at + 8, this.#little);
    if (capturedBytes <= MAX_FRAME_BYTES) return;
    if (capturedBytes > MAX_RECORD_BYTES) {
      this.problem = `expected a packet record, found one that claims ${capturedBytes} bytes`;
      return;
    }
    this.skipped++;
    window.skip(RECORD_HEADER_BYTES + capturedBytes);
  }
}
