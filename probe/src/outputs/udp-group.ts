/** cold. The same datagrams to every destination of `exp-domain`. */
import { type Address, formatAddress, type Log } from '@nanogelf/cli';
import { UdpSender } from './udp-sender.ts';

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

  /** Calls `mark` with the ports of each path that our own datagrams take now. */
  eachPath(mark: (localPort: number, remotePort: number) => void): void {
    for (const { localPort, remotePort } of this.#senders.values())
      if (localPort !== undefined) mark(localPort, remotePort);
  }

  stats(): { readonly [name: string]: number } {
    const entries = [...this.#senders].flatMap(([name, sender]) =>
      Object.entries(sender.stats()).map(([counter, value]) => [`${name}.${counter}`, value] as const),
    );
    return Object.fromEntries(entries);
  }
}
