/** cold. The network interfaces of this host. */
import { readdirSync, readFileSync } from 'node:fs';
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import { LINKTYPE_ETHERNET, LINKTYPE_RAW } from './file-format.ts';
import { CaptureError } from './source.ts';

export interface Device {
  readonly name: string;
  /** The system's number for it; 0 where it has none. */
  readonly index: number;
  /** LINKTYPE_ of the frames it gives. */
  readonly linkType: number;
  readonly up: boolean;
  readonly loopback: boolean;
  /** Empty where it has none. */
  readonly mac: string;
  readonly addresses: readonly string[];
}

const CLASS_NET = '/sys/class/net';
/** Interface flags and hardware types. Source: netdevice(7); linux/if_arp.h */
const IFF_UP = 0x1;
const IFF_LOOPBACK = 0x8;
export const ARPHRD_ETHER = 1;
export const ARPHRD_LOOPBACK = 772;
const NO_MAC = '00:00:00:00:00:00';

/** @returns all interfaces, by index */
export function devices(): Device[] {
  const names = classNames();
  const all = networkInterfaces();
  const found =
    names.length > 0 ? names.map(name => kernelDevice(name, all[name])) : Object.keys(all).map(portableDevice);
  return found.sort((a, b) => a.index - b.index);
}

/** @returns undefined when there is none of this name */
export const findDevice = (name: string): Device | undefined => devices().find(device => device.name === name);

/** What frames of hardware of this kind are handed over as: Ethernet, or for all the others their IP packets alone. */
export const linkTypeOfHardware = (hardwareType: number): number =>
  hardwareType === ARPHRD_ETHER || hardwareType === ARPHRD_LOOPBACK ? LINKTYPE_ETHERNET : LINKTYPE_RAW;

export const noSuchDevice = (name: string): CaptureError =>
  new CaptureError(
    'ERR_NO_DEVICE',
    `no such device: ${name}; there are: ${[...devices().map(device => device.name), 'any'].join(', ')}`,
  );

/** Addresses of an interface as they are now. */
export const addressesOf = (name: string): string[] => (networkInterfaces()[name] ?? []).map(({ address }) => address);

function classNames(): string[] {
  try {
    return readdirSync(CLASS_NET).filter(name => attribute(name, 'ifindex') !== '');
  } catch {
    return [];
  }
}

function kernelDevice(name: string, info: readonly NetworkInterfaceInfo[] = []): Device {
  const flags = Number(attribute(name, 'flags'));
  const mac = attribute(name, 'address');
  return {
    name,
    index: Number(attribute(name, 'ifindex')),
    linkType: linkTypeOfHardware(Number(attribute(name, 'type'))),
    up: (flags & IFF_UP) !== 0,
    loopback: (flags & IFF_LOOPBACK) !== 0,
    mac: mac === NO_MAC ? '' : mac,
    addresses: info.map(({ address }) => address),
  };
}

function portableDevice(name: string): Device {
  const [first] = networkInterfaces()[name] ?? [];
  const mac = first?.mac ?? NO_MAC;
  return {
    name,
    index: 0,
    linkType: LINKTYPE_ETHERNET,
    up: true,
    loopback: first?.internal ?? false,
    mac: mac === NO_MAC ? '' : mac,
    addresses: addressesOf(name),
  };
}

/** @returns an empty text when the interface went in the meantime */
function attribute(name: string, file: string): string {
  try {
    return readFileSync(`${CLASS_NET}/${name}/${file}`, 'utf8').trim();
  } catch {
    return '';
  }
}
