/** cold. Where the packets come from: one door for devices and files. */
import { openCap } from './cap-source.ts';
import { openPcapFile, type PcapFileOptions } from './pcap-file.ts';
import { openRing, type RingOptions } from './ring-source.ts';
import type { PacketSource } from './source.ts';

export { type CapOptions, openCap } from './cap-source.ts';
export { type Device, devices } from './devices.ts';
export { openPcapFile, type PcapFileOptions } from './pcap-file.ts';
export { openRing, type RingOptions } from './ring-source.ts';
export { MAX_FULL_PORTS, type SnapPolicy } from './snap.ts';

/** A file, or devices captured by the `ring` (Linux; the default there) or by `cap` (one device; no snap policy). */
export type SourceOptions = PcapFileOptions | (RingOptions & { readonly engine?: 'ring' | 'cap' });

/** @throws CaptureError with one clear line for the operator
 *  @throws RangeError for options that cannot be */
export function openSource(options: SourceOptions): PacketSource {
  if ('file' in options) return openPcapFile(options);
  const { engine = process.platform === 'linux' ? 'ring' : 'cap', devices } = options;
  if (engine === 'ring') return openRing(options);
  const [device] = devices;
  if (device === undefined || devices.length > 1)
    throw new RangeError(`devices: cap captures on one device, got ${devices.length}`);
  return openCap({ ...options, device });
}
