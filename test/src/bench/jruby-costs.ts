// cold. What the Logstash plugin costs per event, against decoding the same text as JSON, on each JRuby.
import { randomFillSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSender, encodeGelf, selectCipher, TYPE_GELF } from '@nanogelf/codec';
import { type JRuby, jrubies, runSpec } from '../jruby/jruby.ts';
import { clock, Site } from '../relay/relay-process.ts';

export const JRUBY_TITLE = 'Logstash plugin, an event';
const SIZES = [300, 1400, 8000];
/** Of each size, for codec and filter each; the JVM has compiled by the last third. */
const EVENTS = 30_000;
const TEXT_BYTES = 48e6; // of one size at most
const MTU_BYTES = 65_507; // each event in one datagram
const GOAL = 3;
const FLOOR = 5;

interface Costs {
  readonly bytes: number;
  readonly codec: number;
  readonly filter: number;
  readonly json: number;
}

/** @returns the section as Markdown */
export async function jrubySection(): Promise<string[]> {
  const site = new Site();
  try {
    writeDatagrams(site);
    const lines: string[] = [];
    for (const jruby of jrubies().filter(({ command }) => command.length > 0)) {
      console.log(`bench: ${JRUBY_TITLE}: JRuby ${jruby.name}`);
      lines.push(...(await linesOf(jruby, site.folder)));
    }
    return [`## ${JRUBY_TITLE}`, '', INTRO, '', ...HEAD, ...lines, ''];
  } finally {
    site.remove();
  }
}

const INTRO = `CPU of one thread in µs per event, invokedynamic on, on stand-ins for Logstash's classes. Wanted of the codec at 1,400
bytes: ${GOAL} × JSON, ${FLOOR} × at most.`;
const HEAD = ['| JRuby | bytes | codec | filter | JSON | codec / JSON |', '|---|---|---|---|---|---|'];

function writeDatagrams(site: Site): void {
  const key = site.add({ name: 'bench', suite: 'sealed' });
  const cipher = selectCipher();
  const sender = createSender({ key, cipher, random: bytes => randomFillSync(bytes), mtu: MTU_BYTES });
  const sets = SIZES.map(size => {
    const text = encodeGelf({ ...RECORD, RSP_BODY: 'x'.repeat(size - 280) });
    const events = Math.min(EVENTS, Math.floor(TEXT_BYTES / size));
    const datagrams = Array.from({ length: 2 * events }, () => sender.seal(TYPE_GELF, text, clock()));
    return { text: Buffer.from(text).toString(), datagrams: datagrams.flat().map(toBase64) };
  });
  writeFileSync(join(site.folder, 'bench.json'), JSON.stringify(sets));
}

const toBase64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

const RECORD = {
  host: 'web-1',
  short_message: 'web-1',
  timestamp: 1_767_225_600.123,
  SRC_IP: '192.168.1.10',
  DST_IP: '10.0.0.2',
  SRC_PORT: 54_321,
  DST_PORT: 443,
  L7_PROTOCOL: 'HTTP',
  METHOD: 'GET',
  URL: '/index.html',
  RETCODE: 200,
  HTTP_RESPONSE: 1.234,
};

async function linesOf(jruby: JRuby, folder: string): Promise<string[]> {
  const output = await runSpec(jruby, 'bench', folder);
  return output.map(line => costLine(jruby.name, JSON.parse(line)));
}

function costLine(name: string, { bytes, codec, filter, json }: Costs): string {
  const numbers = [codec, filter, json, codec / json].map(value => value.toFixed(1));
  return `| ${name} | ${bytes} | ${numbers.join(' | ')} |`;
}
