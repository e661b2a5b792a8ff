/** warm. Which addresses are this host's own, in the namespace it sees. */
import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { addressWords } from '../dissect/address-words.ts';

/** Addresses come and go with their interfaces; asking costs up to a millisecond. */
const MAX_AGE_MS = 2000;
const LOOPBACK_NET = 127;

export class LocalAddresses {
  #ipv4 = new Set<number>();
  #ipv6 = new Set<string>();
  #askedMs = Number.NEGATIVE_INFINITY;

  /** Asks anew when it is time to. */
  refresh(nowMs: number): void {
    if (nowMs - this.#askedMs < MAX_AGE_MS) return;
    this.#askedMs = nowMs;
    const all = Object.values(networkInterfaces()).flatMap(list => (list ?? []).map(({ address }) => address));
    const zoneless = all.map(address => address.replace(/%.*/, ''));
    this.#ipv4 = new Set(zoneless.filter(address => !isIPv6(address)).map(address => addressWords(address)[3]));
    this.#ipv6 = new Set(zoneless.filter(isIPv6).map(address => addressWords(address).join()));
  }

  /** @param address four words; an IPv4 address is in the last one */
  has(address: Int32Array, isIpv6: boolean): boolean {
    if (isIpv6) return this.#ipv6.has(address.join());
    return this.#ipv4.has(address[3]!) || address[3]! >>> 24 === LOOPBACK_NET;
  }
}
