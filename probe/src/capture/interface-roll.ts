/** cold. Who is there of the interfaces, and what became of them since they were last looked at. */
import type { Device } from './devices.ts';

/** Named in one line; a host of containers may start hundreds at once. */
const MAX_TOLD = 10;

export class InterfaceRoll {
  #known: ReadonlyMap<number, Device>;
  readonly #counts = { interfaces_came: 0, interfaces_gone: 0, interfaces_changed: 0 };

  constructor(devices: readonly Device[]) {
    this.#known = byIndex(devices);
  }

  /** @returns counters by name, those that are 0 left out */
  stats(): { readonly [name: string]: number } {
    return Object.fromEntries(Object.entries(this.#counts).filter(([, count]) => count > 0));
  }

  /** @param devices as they are now
   *  @returns one line that says what changed, empty when nothing did */
  update(devices: readonly Device[]): string {
    const now = byIndex(devices.map(device => withLastAddress(device, this.#known.get(device.index))));
    const gone = [...this.#known.values()].filter(({ index }) => !now.has(index)).map(({ name }) => `${name} is gone`);
    const came = [...now.values()].filter(({ index }) => !this.#known.has(index)).map(({ name }) => `${name} came`);
    const changed = [...now.values()].flatMap(device => changesOf(this.#known.get(device.index) ?? device, device));
    this.#known = now;
    this.#counts.interfaces_gone += gone.length;
    this.#counts.interfaces_came += came.length;
    this.#counts.interfaces_changed += changed.length;
    return summary([...gone, ...came, ...changed]);
  }
}

const byIndex = (devices: readonly Device[]): Map<number, Device> =>
  new Map(devices.map(device => [device.index, device]));

/** The system names addresses only while the interface is up; it keeps them. */
const withLastAddress = (device: Device, before: Device | undefined): Device =>
  device.up || before === undefined ? device : { ...device, addresses: before.addresses };

function changesOf(before: Device, now: Device): string[] {
  const lines: string[] = [];
  if (now.name !== before.name) lines.push(`${before.name} is called ${now.name} now`);
  if (now.up !== before.up) lines.push(`${now.name} is ${now.up ? 'up' : 'down'}`);
  if (now.linkType !== before.linkType) lines.push(`${now.name} has another kind of link`);
  if (now.addresses[0] !== before.addresses[0])
    lines.push(`${now.name} has ${now.addresses[0] === undefined ? 'no address' : `the address ${now.addresses[0]}`}`);
  return lines;
}

function summary(lines: readonly string[]): string {
  const more = lines.length - MAX_TOLD;
  return [...lines.slice(0, MAX_TOLD), ...(more > 0 ? [`${more} more changes`] : [])].join('; ');
}
