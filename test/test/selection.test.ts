// Which protocols and conversations are read, as the command line says.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Counters, latestCounters } from '../src/counters.ts';
import { fixturesOf } from '../src/harness/index.ts';
import { Conversation, pcapFile } from '../src/packets/index.ts';
import { NANO_PROBE } from '../src/programs.ts';

const CONVERSATIONS = 400;
const EXCHANGES = 3;
const folder = mkdtempSync(join(tmpdir(), 'nano-selection-'));
const [many, brewed] = [join(folder, 'many.pcap'), join(folder, 'brewed.pcap')];

beforeAll(() => {
  writeFileSync(
    many,
    pcapFile(Array.from({ length: CONVERSATIONS }, (_, i) => talk(i)).flatMap(({ frames }) => frames)),
  );
  // Nobody takes this for HTTP who is not told.
  const brew = new Conversation({ serverPort: 7777 })
    .handshake()
    .send('client', 'BR@EW /pot HTTP/1.1\r\nHost: h\r\n\r\n');
  writeFileSync(brewed, pcapFile(brew.send('server', answer('tea')).close().frames));
});
afterAll(() => rmSync(folder, { recursive: true }));

const answer = (body: string): string => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

/** Every second one over IPv6. */
function talk(index: number): Conversation {
  const [client, server] = index % 2 === 0 ? ['10.0.0.1', '10.0.0.2'] : ['2001:db8::1', '2001:db8::2'];
  const one = new Conversation({ client, server, clientPort: 20_000 + index, startUs: 1.7e15 + index * 1e6 });
  one.handshake();
  for (let n = 0; n < EXCHANGES; n++)
    one.send('client', `GET /${index}/${n} HTTP/1.1\r\nHost: h\r\n\r\n`).send('server', answer('x'));
  return one.close();
}

type Fields = { readonly [field: string]: unknown };

interface Played {
  readonly exchanges: readonly Fields[];
  readonly conversations: readonly Fields[];
  readonly counters: Counters;
  readonly stderr: string;
}

function play(file: string, ...options: readonly string[]): Played {
  const args = [NANO_PROBE, '--play', file, '--stdout', ...options];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 2 ** 28 });
  const records: Fields[] = stdout
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line));
  return {
    exchanges: records.filter(({ STATE }) => STATE === undefined),
    conversations: records.filter(({ STATE }) => STATE !== undefined),
    counters: latestCounters(stderr.split('\n')),
    stderr,
  };
}

const portsOf = (records: readonly Fields[]): Set<unknown> => new Set(records.map(({ SRC_PORT }) => SRC_PORT));
const fixture = (folderName: string, name: string): string =>
  fixturesOf(folderName).find(one => one.name === name)?.path ?? '';

test('jsonsample keeps the exchanges of one in N conversations, whole, and says N', () => {
  const { exchanges, conversations, counters } = play(many, '--jsonsample', '4');
  const kept = portsOf(exchanges);
  expect(exchanges).toHaveLength(kept.size * EXCHANGES);
  expect(Math.abs(kept.size - CONVERSATIONS / 4)).toBeLessThan(CONVERSATIONS / 10);
  expect(exchanges.every(({ SAMPLE_RATE }) => SAMPLE_RATE === 4)).toBe(true);
  expect(counters['protocols.sampled_out']).toBe(CONVERSATIONS - kept.size);
  // Of both IP versions.
  expect(new Set(exchanges.map(({ SRC_IP }) => SRC_IP)).size).toBe(2);
  expect(portsOf(conversations).size).toBe(CONVERSATIONS);
  expect(
    conversations.every(({ L7_PROTOCOL, SAMPLE_RATE }) => L7_PROTOCOL === 'HTTP' && SAMPLE_RATE === undefined),
  ).toBe(true);
});

test('jsonsample chooses the same conversations on every run, and some of them where N is a multiple', () => {
  const kept = (rate: number) => portsOf(play(many, '--jsonsample', String(rate)).exchanges);
  const four = kept(4);
  expect(kept(4)).toEqual(four);
  const eight = kept(8);
  expect(eight.size).toBeGreaterThan(0);
  expect([...eight].filter(port => !four.has(port))).toEqual([]);
});

test('without jsonsample every exchange is kept, and no rate is given', () => {
  const { exchanges } = play(many);
  expect(exchanges).toHaveLength(CONVERSATIONS * EXCHANGES);
  expect(exchanges.filter(({ SAMPLE_RATE }) => SAMPLE_RATE !== undefined)).toEqual([]);
});

test('jsonsample holds for questions over UDP too', () => {
  const file = fixture('dns', 'udp');
  const [all, some] = [play(file), play(file, '--jsonsample', '2')];
  const kept = portsOf(some.exchanges);
  expect(some.exchanges.length).toBeLessThan(all.exchanges.length);
  expect(some.exchanges).toHaveLength(all.exchanges.filter(({ SRC_PORT }) => kept.has(SRC_PORT)).length);
});

test('ignorel7 leaves protocols out, exchanges and names', () => {
  const { exchanges, conversations } = play(many, '--ignorel7', 'http,dns');
  expect(exchanges).toEqual([]);
  expect(conversations.filter(({ L7_PROTOCOL }) => L7_PROTOCOL !== undefined)).toEqual([]);
  expect(play(fixture('dns', 'udp'), '--ignorel7', 'http').exchanges.length).toBeGreaterThan(0);
});

test('proto reads these protocols and no others', () => {
  expect(play(many, '--proto', 'http').exchanges).toHaveLength(CONVERSATIONS * EXCHANGES);
  expect(play(many, '--proto', 'dns,tls').exchanges).toEqual([]);
});

test('proto with a port reads it as that protocol, whatever it looks like', () => {
  expect(play(brewed).exchanges).toEqual([]);
  expect(play(brewed, '--proto', 'http:7778').exchanges).toEqual([]);
  const [record, ...more] = play(brewed, '--proto', 'http:7777').exchanges;
  expect(record).toMatchObject({ L7_PROTOCOL: 'HTTP', METHOD: 'BR@EW', URL: '/pot', RSP_BODY: 'tea', DST_PORT: 7777 });
  expect(more).toEqual([]);
});

test('proto and ignorel7 that contradict each other are refused', () => {
  expect(play(many, '--proto', 'http', '--ignorel7', 'http').stderr).toContain('names a protocol that proto asks for');
});

test('redact and redact-off say which values are hidden, and how many were is counted', () => {
  const secret = new Conversation().handshake();
  secret.send('client', 'GET /?iban=DE1&token=abc&page=2 HTTP/1.1\r\nHost: h\r\nCookie: a=b\r\n\r\n');
  const file = join(folder, 'secret.pcap');
  writeFileSync(file, pcapFile(secret.send('server', answer('x')).close().frames));
  const urls = (...options: readonly string[]) => play(file, ...options).exchanges.map(({ URL }) => URL);
  expect(urls()).toEqual(['/?iban=DE1&token=[redacted]&page=2']);
  expect(urls('--redact', 'iban')).toEqual(['/?iban=[redacted]&token=[redacted]&page=2']);
  expect(urls('--redact-off', 'token')).toEqual(['/?iban=DE1&token=abc&page=2']);
  expect(urls('--redact-off', '*')).toEqual(['/?iban=DE1&token=abc&page=2']);
  expect(play(file).counters['protocols.redacted']).toBe(2);
  expect(play(file, '--redact', 'no*good*pattern').stderr).toContain('redact');
});
