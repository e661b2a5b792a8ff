// cold. Datagrams of many probes, mixed, with copies, and some withheld, for the plugin's threads.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeGelf, TYPE_GELF } from '@nanogelf/codec';
import { clock, type Site } from '../relay/relay-process.ts';

const COPIED = 10; // every tenth comes twice
const WITHHELD = 50; // every fiftieth does not come

export interface Traffic {
  readonly records: number;
  readonly copies: number;
  readonly withheld: number;
}

/** Writes `traffic.bin` (each datagram behind its length, u16) and `traffic.json` into the site's folder. */
export function writeTraffic(site: Site, probes: number, datagrams: number): Traffic {
  const senders = Array.from({ length: probes }, (_, index) =>
    site.sender(site.add({ name: `probe-${index}`, suite: index % 2 === 0 ? 'psk' : 'sealed' })),
  );
  const parts: Uint8Array[] = [];
  const counts = { records: 0, copies: 0, withheld: 0 };
  const put = (bytes: Uint8Array) => parts.push(Buffer.of(bytes.length >> 8, bytes.length & 255), bytes);
  for (let number = 0; number < datagrams; number++) {
    const sender = senders[number % probes];
    const round = Math.floor(number / probes);
    const text = encodeGelf({ host: 'h', short_message: 'm', timestamp: 1_700_000_000, number, pad: 'x'.repeat(200) });
    const sealed = sender?.seal(TYPE_GELF, text, clock()) ?? [];
    // The first and the last of each probe come, so that what is missing lies between.
    const isEdge = round === 0 || number + probes >= datagrams;
    if (round % WITHHELD === WITHHELD - 1 && !isEdge) {
      counts.withheld += sealed.length;
      continue;
    }
    sealed.forEach(put);
    counts.records += 1;
    if (round % COPIED !== 0) continue;
    sealed.forEach(put);
    counts.copies += sealed.length;
  }
  writeFileSync(join(site.folder, 'traffic.bin'), Buffer.concat(parts));
  writeFileSync(join(site.folder, 'traffic.json'), JSON.stringify(counts));
  return counts;
}
