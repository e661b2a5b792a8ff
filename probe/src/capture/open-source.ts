/** cold. Where the packets come from: one door for devices and files. Loads what the run needs and no more: koffi and the
 *  ring make up a fifth of the time that reading a small file takes. */
import type { PcapFileOptions } from './pcap-file.ts';
import type { RingOptions } from './ring-source.ts';
import { CaptureError, type PacketSource } from './source.ts';

/** A file, or devices captured by the `ring` (Linux; the default there) or by `cap` (one device; no snap policy). */
export type SourceOptions = PcapFileOptions | (RingOptions & { readonly engine?: 'ring' | 'cap' });

/** @throws CaptureError with one clear line for the operator
 *  @throws RangeError for options that cannot be */
export async function openSource(options: SourceOptions): Promise<PacketSource> {
  if ('file' in options) return (await import('./pcap-file.ts')).openPcapFile(options);
  const { engine = process.platform === 'linux' ? 'ring' : 'cap', devices } = options;
  if (engine === 'ring') return (await import('./ring-source.ts')).openRing(options);
  if (options.crew !== undefined) throw new CaptureError('ERR_NO_AF_PACKET', 'threads needs the packet ring of Linux');
  const [device] = devices;
  if (device === undefined || devices.length > 1)
    throw new RangeError(`devices: cap captures on one device, got ${devices.length}`);
  return (await import('./cap-source.ts')).openCap({ ...options, device });
}
