/** hot. What max-length and filter-bpf leave of a file's frames. */
import { BpfMachine } from './bpf-machine.ts';
import { LINKTYPE_ETHERNET } from './file-format.ts';
import { compileFilter } from './filter.ts';
import type { Interface, OnFrame } from './source.ts';

export class FileSelection {
  readonly #filter: string;
  readonly #snapBytes: number;
  /** By index of the interface. */
  readonly #machines: BpfMachine[] = [];
  #interfaces: readonly Interface[] = [];
  #next: OnFrame = () => {};
  #refused = 0;

  /** @param filter a pcap filter expression, or empty
   *  @throws CaptureError ERR_BAD_FILTER when it is none, ERR_NO_LIBPCAP */
  constructor(filter: string, snapBytes: number) {
    this.#filter = filter.trim();
    if (this.#filter !== '') compileFilter(this.#filter, LINKTYPE_ETHERNET);
    this.#snapBytes = snapBytes;
  }

  /** Frames refused since the last call. */
  takeRefused(): number {
    const refused = this.#refused;
    this.#refused = 0;
    return refused;
  }

  /** @returns the callback that passes on to `next` what is selected */
  before(next: OnFrame, interfaces: readonly Interface[]): OnFrame {
    this.#next = next;
    this.#interfaces = interfaces;
    return this.#onFrame;
  }

  readonly #onFrame: OnFrame = (bytes, at, capturedBytes, wireBytes, tsUs, iface, vlanTci) => {
    if (this.#filter !== '' && this.#machine(iface).run(bytes, at, capturedBytes, wireBytes) === 0) {
      this.#refused++;
      return;
    }
    this.#next(bytes, at, Math.min(capturedBytes, this.#snapBytes), wireBytes, tsUs, iface, vlanTci);
  };

  #machine(iface: number): BpfMachine {
    this.#machines[iface] ??= new BpfMachine(
      compileFilter(this.#filter, (this.#interfaces[iface] as Interface).linkType),
    );
    return this.#machines[iface] as BpfMachine;
  }
}
