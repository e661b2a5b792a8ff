// cold. Datagrams by hand, sealed by the probe's sender: one of each kind that a receiver can be given.
import { deflateSync, gzipSync } from 'node:zlib';
import {
  BatchWriter,
  createMessageIds,
  encodeGelf,
  type PlainRecord,
  type Sender,
  TYPE_BATCH,
  TYPE_GELF,
  toDatagrams,
} from '@nanogelf/codec';
import { clock, type Site } from '../relay/relay-process.ts';
import type { Case } from './cases.ts';

type Senders = { readonly [name in 'sealed' | 'psk' | 'hosted' | 'lossy' | 'slow']: Sender };

const addSenders = (site: Site): Senders => ({
  sealed: site.sender(site.add({ name: 'web', suite: 'sealed' })),
  psk: site.sender(site.add({ name: 'db', suite: 'psk' })),
  hosted: site.sender(site.add({ name: 'hosted', suite: 'psk', hosts: ['web-1'] })),
  lossy: site.sender(site.add({ name: 'lossy', suite: 'psk' })),
  slow: site.sender(site.add({ name: 'slow', suite: 'psk' })),
});

const record = { host: 'web-1', short_message: 'hello', timestamp: 1_700_000_000.5, SRC_IP: '192.0.2.1', BYTES: 1234 };

/** Escapes of surrogates: halves, a half before a pair, and one that is only text. */
const HALVES = String.raw`{"host":"web-1","short_message":"\ud800","timestamp":1700000000,"_A":"x\udfff","_B":"\uD800\uD83D\ude00","_C":"\\ud800"}`;

/** What some senders write where they have no value, and numbers that are too large for any. */
const NOTHINGS =
  '{"version":null,"host":"web-1","short_message":"nothings","full_message":null,"timestamp":1700000000,"level":null,"_A":null,"_B":1e400,"_C":[1e400,null,1],"_D":{"e":-1e400}}';

/** How long ago something was sent that is stale, ms. */
const STALE_MS = 400_000;

/** Names that mean something to GELF, to JavaScript, or that GELF does not allow. */
const NAMES = `{"host":"web-1","short_message":"names","timestamp":1700000000,"_host":"evil","_timestamp":"now","_id_":7,"_":1,"___proto__":2,"_a b[c]":3,"_größe":4,"_😀":5,"plain":6}`;

function batch(records: readonly PlainRecord[], compression: 'none' | 'dict'): Uint8Array {
  const writer = new BatchWriter({ maxBytes: 60_000, compression });
  for (const each of records) writer.add(each);
  return writer.take() ?? new Uint8Array(0);
}

function makeCases({ sealed, psk, hosted, lossy, slow }: Senders, everyField: PlainRecord): Case[] {
  const gelf = (sender: Sender, bytes: Uint8Array) => sender.seal(TYPE_GELF, bytes, clock());
  const many = (sender: Sender, records: readonly PlainRecord[], compression: 'none' | 'dict' = 'none') =>
    sender.seal(TYPE_BATCH, batch(records, compression), clock());
  const text = encodeGelf(record);
  const long = encodeGelf({ ...record, RSP_BODY: 'é'.repeat(4_000) });
  const chunks = toDatagrams(long, 1000, createMessageIds(Buffer.alloc(8, 7)));
  const compared: [string, Uint8Array[]][] = [
    ['gelf', gelf(sealed, text)],
    ['zlib', gelf(psk, deflateSync(text))],
    ['gzip', gelf(psk, gzipSync(text))],
    ['fragments', gelf(sealed, long).reverse()],
    ['chunks', chunks.flatMap(chunk => gelf(psk, chunk))],
    ['batch', many(psk, [record, { ...record, seq: 9, probe: 'another' }])],
    ['dictionary', many(sealed, [record, everyField], 'dict')],
    ['every field', many(psk, [everyField])],
    ['hosts', many(hosted, [record, { ...record, host: 'bank' }])],
    ['halves of surrogate pairs', gelf(sealed, Buffer.from(HALVES))],
    ['nothings', gelf(sealed, Buffer.from(NOTHINGS))],
    ['names', gelf(sealed, Buffer.from(NAMES))],
    ['heartbeat', [psk.heartbeat(clock())]],
  ];
  const trap = {
    ...record,
    'a[b]': 1,
    '@evil': 'x',
    '': 'nameless',
    endless: 1 / 0,
    tags: [1, 'two'],
    timestamp: 1e300,
  };
  const { wallMs, monoMs } = clock();
  const old = slow.seal(TYPE_GELF, text, { wallMs: wallMs - STALE_MS, monoMs });
  const some = Array.from({ length: 10 }, () => gelf(lossy, text)).flat();
  return [
    ...compared.map(([name, datagrams]) => ({ name, datagrams, isCompared: true })),
    {
      name: 'unfinished',
      datagrams: Array.from({ length: 6 }, () => gelf(psk, long).slice(1)).flat(),
      isCompared: false,
    },
    { name: 'traps', datagrams: many(psk, [trap]), isCompared: false },
    { name: 'stale', datagrams: [...gelf(slow, text), ...old], isCompared: false },
    { name: 'lossy', datagrams: some.filter((_, index) => index !== 3 && index !== 4), isCompared: false },
  ];
}

/** Adds the senders to the site's registry.
 *  @param everyField a record that has every field of every table */
export function handMade(site: Site, everyField: PlainRecord): () => Case[] {
  const senders = addSenders(site);
  return () => makeCases(senders, everyField);
}
