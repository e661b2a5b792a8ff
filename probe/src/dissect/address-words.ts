/** cold. An address as text, into the integers that packets are compared with. */
import { isIPv4 } from 'node:net';

/** Four words of 32 bits, first byte highest; an IPv4 address is in the last one, as in a Packet. */
export type AddressWords = readonly [number, number, number, number];

/** @param ip a valid IPv4 or IPv6 address without a zone
 *  @returns its four words, an IPv4 address in the last one */
export function addressWords(ip: string): AddressWords {
  return isIPv4(ip) ? [0, 0, 0, ipv4Word(ip)] : ipv6Words(ip);
}

const ipv4Word = (ip: string): number => ip.split('.').reduce((word, byte) => (word << 8) | Number(byte), 0);

function ipv6Words(ip: string): AddressWords {
  const hex = ip.replace(/\d+\.\d+\.\d+\.\d+$/, v4 => {
    const word = ipv4Word(v4);
    return `${((word >>> 16) & 0xffff).toString(16)}:${(word & 0xffff).toString(16)}`;
  });
  const [head = '', tail] = hex.split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail ? tail.split(':') : [];
  const zeros = new Array<string>(8 - front.length - back.length).fill('0');
  const groups = [...front, ...zeros, ...back].map(group => Number.parseInt(group, 16));
  const word = (at: number): number => ((groups[at] ?? 0) << 16) | (groups[at + 1] ?? 0);
  return [word(0), word(2), word(4), word(6)];
}
