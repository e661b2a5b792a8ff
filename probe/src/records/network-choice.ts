/** cold. Which conversations get network records, from the option `l4-switch`. */
import { TCP, UDP } from '../dissect/transport.ts';

/** @param choice `net` is every conversation
 *  @param protocol IP protocol number */
export function wantsNetworkRecord(choice: 'net' | 'tcp' | 'udp' | 'off', protocol: number): boolean {
  if (choice === 'net') return true;
  return protocol === (choice === 'tcp' ? TCP : UDP) && choice !== 'off';
}
