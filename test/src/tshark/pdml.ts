// cold. A capture as tshark dissects it: an independent reader of the same bytes.
import { execFileSync } from 'node:child_process';

const OUTPUT_LIMIT_BYTES = 256 * 1024 * 1024;

export interface Field {
  /** tshark's, such as `http.request.method`. */
  readonly name: string;
  /** tshark's word for the value. */
  readonly show: string;
  /** The same as a sentence: `Request Method: GET`. */
  readonly label: string;
  /** The bytes of the field, as they stood on the wire or came out of a reassembly. */
  readonly bytes: Buffer;
  readonly inner: readonly Field[];
}

/** One protocol's part of one packet; a packet may hold several of the same protocol. */
export interface Layer extends Field {
  /** Arrival of its first and its last byte, as our records write times. */
  readonly begin: string;
  readonly end: string;
  readonly frame: number;
  /** The conversation: port of the side that spoke first, port of the other. */
  readonly talk: string;
  readonly fromClient: boolean;
}

/** @param protocols tshark's names of those whose layers are wanted
 *  @param options more of tshark's, such as `-d tcp.port==8090,http`
 *  @returns their layers in the order of the wire */
export function dissected(path: string, protocols: readonly string[], options: readonly string[] = []): Layer[] {
  const wanted = ['frame', 'tcp', 'udp', ...protocols].join(' ');
  const args = ['-n', '-2', '-r', path, '-T', 'pdml', '-J', wanted, ...options];
  const stdio: ['ignore', 'pipe', 'ignore'] = ['ignore', 'pipe', 'ignore'];
  const text = execFileSync('tshark', args, { encoding: 'utf8', maxBuffer: OUTPUT_LIMIT_BYTES, stdio });
  const packets = readPdml(text);
  const times = packets.map(packet => isoTime(shown(packet, 'frame.time_epoch') ?? '0'));
  const clients = new Map<string, string>();
  return packets.flatMap(packet => layersOf(packet, times, clients, protocols));
}

/** @param clients by tshark's number of the conversation: the port that spoke first; added to */
function layersOf(packet: Field, times: string[], clients: Map<string, string>, protocols: readonly string[]): Layer[] {
  const transport = shown(packet, 'tcp.stream') === undefined ? 'udp' : 'tcp';
  const [src = '', dst = ''] = [shown(packet, `${transport}.srcport`), shown(packet, `${transport}.dstport`)];
  const stream = `${transport} ${shown(packet, `${transport}.stream`)}`;
  const client = clients.get(stream) ?? src;
  clients.set(stream, client);
  const fromClient = client === src;
  const talk = fromClient ? `${src} ${dst}` : `${dst} ${src}`;
  const frame = Number(shown(packet, 'frame.number'));
  const end = times[frame - 1] ?? '';
  return packet.inner.flatMap((layer, index) => {
    if (!protocols.includes(layer.name)) return [];
    const before = packet.inner[index - 1];
    const first = before && /#(\d+)/.exec(all(before, 'tcp.segments')[0]?.label ?? '')?.[1];
    return [{ ...layer, begin: times[Number(first ?? frame) - 1] ?? end, end, frame, talk, fromClient }];
  });
}

function isoTime(epoch: string): string {
  const [seconds = '0', fraction = ''] = epoch.split('.');
  return new Date(Number(seconds) * 1000).toISOString().replace('.000Z', `.${fraction.slice(0, 6)}Z`);
}

/** @returns every field of the name, however deep, in order */
export function all(field: Field, name: string): Field[] {
  const found = field.name === name ? [field] : [];
  return [...found, ...field.inner.flatMap(inner => all(inner, name))];
}

/** @returns what tshark shows for the first field of the name, undefined without one */
export const shown = (field: Field, name: string): string | undefined => all(field, name)[0]?.show;

/** @returns the same as a number */
export function counted(field: Field, name: string): number | undefined {
  const text = shown(field, name);
  return text === undefined || text === '' ? undefined : Number(text);
}

/** @returns the first field's bytes as UTF-8 text; a zero byte ends it */
export const written = (field: Field, name: string): string | undefined =>
  all(field, name)[0]?.bytes.toString().split('\0', 1)[0];

const TAG = /<(\/?)(?:packet|proto|field)((?:\s+\w+="[^"]*")*)\s*(\/?)>/g;
const ATTRIBUTE = /(\w+)="([^"]*)"/g;
const ENTITY = /&(?:amp|lt|gt|quot|apos|#x([0-9A-Fa-f]+));/g;
const NAMED: { readonly [entity: string]: string } = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&apos;': "'",
};

type Open = Field & { readonly inner: Field[] };

function readPdml(pdml: string): Field[] {
  const root = fieldOf('');
  const stack: Open[] = [root];
  for (const [, closing, attributes = '', alone] of pdml.matchAll(TAG)) {
    if (closing) {
      stack.pop();
      continue;
    }
    const field = fieldOf(attributes);
    stack.at(-1)?.inner.push(field);
    if (!alone) stack.push(field);
  }
  return root.inner;
}

function fieldOf(attributes: string): Open {
  const found = new Map<string, string>();
  for (const [, name = '', value = ''] of attributes.matchAll(ATTRIBUTE)) found.set(name, value);
  return {
    name: found.get('name') ?? '',
    show: unescaped(found.get('show') ?? ''),
    label: unescaped(found.get('showname') ?? ''),
    bytes: Buffer.from(found.get('value') ?? '', 'hex'),
    inner: [],
  };
}

const unescaped = (text: string): string =>
  text.replace(ENTITY, (entity, hex) => NAMED[entity] ?? String.fromCodePoint(Number.parseInt(hex, 16)));
