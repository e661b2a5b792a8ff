/** cold. The same datagrams to every destination of `exp-domain`. */
import { type Address, formatAddress, type Log } from '@nanogelf/cli';
import { UdpSender } from './udp-sender.ts';

/** @param remoteHost IPv4 or IPv6 address */
export type MarkPath = (localPort: number, remotePort: number, remoteHost: string) => void;

export class UdpGroup {
  readonly #senders: ReadonlyMap<string, UdpSender>;

  constructor(addresses: readonly Address[], log: Log) {
    this.#senders = new Map(addresses.map(address => [formatAddress(address), new UdpSender(address, log)]));
  }

  async open(): Promise<void> {
    await Promise.all([...this.#senders.values()].map(sender => sender.open()));
  }

  /** @returns true when one destination took them all; what was dropped is counted by destination */
  send(datagrams: readonly Uint8Array[]): boolean {
    let taken = false;
    for (const sender of this.#senders.values()) {
      const all = datagrams.map(datagram => sender.send(datagram)).every(Boolean);
      taken = all || taken;
    }
    return taken;
  }

  congestion(): Promise<void> | undefined {
    const waits = [...this.#senders.values()].flatMap(sender => sender.congestion() ?? []);
    return waits.length === 0 ? undefined : Promise.all(waits).then(() => undefined);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#senders.values()].map(sender => sender.close()));
  }

  /** Calls `mark` for each path that our own datagrams take now. */
  eachPath(mark: MarkPath): void {
    for (const { localPort, remotePort, remoteHost } of this.#senders.values())
      if (localPort !== undefined) mark(localPort, remotePort, remoteHost);
  }

  stats(): { readonly [name: string]: number } {
    const entries = [...this.#senders].flatMap(([name, sender]) =>
      Object.entries(sender.stats()).map(([counter, value]) => [`${name}.${counter}`, value] as const),
    );
    return Object.fromEntries(entries);
  }
}
