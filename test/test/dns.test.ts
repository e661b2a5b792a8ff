import { expect, test } from '@jest/globals';
import { PROTOCOLS } from '@nanogelf/probe';
import { type Direction, replay, type Transcript, transcriptOf } from '../src/harness/index.ts';

const u16 = (...values: number[]): Buffer => Buffer.from(values.flatMap(value => [value >> 8, value & 255]));
const name = (text: string): Buffer =>
  Buffer.concat([...text.split('.').map(part => Buffer.from(String.fromCharCode(part.length) + part)), Buffer.of(0)]);
const message = (id: number, flags: number, type: number, answers: Buffer[] = []): Buffer =>
  Buffer.concat([u16(id, flags, 1, answers.length, 0, 0), name('a.example'), u16(type, 1), ...answers]);
/** Its owner is the question's name, by a pointer. */
const answer = (type: number, data: Buffer): Buffer => Buffer.concat([u16(0xc00c, type, 1, 0, 60, data.length), data]);

const udp = (...turns: [Direction, Buffer][]): Transcript => transcriptOf(turns, { transport: 'udp', midStream: true });
const run = (transcript: Transcript) => replay(transcript, { protocols: PROTOCOLS });
const answersOf = (type: number, data: Buffer): unknown => {
  const asked: [Direction, Buffer] = [0, message(7, 0x0100, type)];
  const [reported] = run(udp(asked, [1, message(7, 0x8180, type, [answer(type, data)])])).reported;
  const fields: { readonly ANSWERS?: readonly { data: string }[] } = reported?.exchange.fields ?? {};
  return fields.ANSWERS?.map(one => one.data);
};

test('finds a query for a type that tunnels use, with EDNS behind it', () => {
  const opt = Buffer.concat([Buffer.of(0), u16(41, 1232, 0, 0, 0)]);
  const query = Buffer.concat([u16(9, 0x0100, 1, 0, 0, 1), name('t.example'), u16(10, 1), opt]);
  expect(run(udp([0, query])).reported.map(({ exchange }) => exchange.summary)).toEqual(['NULL t.example -']);
});

test('counts a query sent again once, from its first sending', () => {
  const query = message(7, 0x0100, 1);
  const { reported } = run(udp([0, query], [0, query], [1, message(7, 0x8180, 1)]));
  expect(reported.map(({ exchange }) => exchange.fields)).toMatchObject([{ RETRIES: 1, DNS_RESPONSE: 2, RESP: 1 }]);
});

test('takes the second answer to a query sent again for no other exchange, and a third for one', () => {
  const [query, answer] = [message(7, 0x0100, 1), message(7, 0x8180, 1)];
  const { reported, stats } = run(udp([0, query], [0, query], [1, answer], [1, answer], [1, answer]));
  expect(reported.map(({ exchange }) => exchange.summary)).toEqual(['A a.example NOERROR', '? A a.example NOERROR']);
  expect(stats['dns.parse_error.repeated_answer']).toBe(1);
});

test('pairs by id and question, whatever the order', () => {
  const turns: [Direction, Buffer][] = [
    [0, message(1, 0x0100, 1)],
    [0, message(2, 0x0100, 28)],
    [1, message(2, 0x8183, 28)],
    [1, message(1, 0x8180, 1)],
  ];
  expect(run(udp(...turns)).reported.map(({ exchange }) => exchange.summary)).toEqual([
    'AAAA a.example NXDOMAIN',
    'A a.example NOERROR',
  ]);
});

test('does not take an answer to another question', () => {
  const { reported } = run(udp([0, message(1, 0x0100, 1)], [1, message(1, 0x8180, 28)]));
  expect(reported.map(({ exchange }) => exchange.summary)).toEqual(['? AAAA a.example NOERROR', 'A a.example -']);
});

test('gives a query up after its timeout', () => {
  const late = udp([0, message(1, 0x0100, 1)], [1, message(1, 0x8180, 1)]);
  const [query, reply] = late.happenings;
  if (query === undefined || reply === undefined) throw new Error('two happenings expected');
  const { reported } = run({ ...late, happenings: [query, { ...reply, tsUs: query.tsUs + 12e6 }] });
  expect(reported.map(({ exchange }) => exchange.summary)).toEqual(['A a.example -', '? A a.example NOERROR']);
});

test('writes data as zone files do', () => {
  expect(answersOf(2, name('ns.example'))).toEqual(['ns.example']);
  expect(answersOf(28, Buffer.from('20010db8000000000001000000000001', 'hex'))).toEqual(['2001:db8::1:0:0:1']);
  expect(answersOf(28, Buffer.from('00000000000000000000ffffc0000201', 'hex'))).toEqual(['::ffff:192.0.2.1']);
  expect(answersOf(6, Buffer.concat([u16(0xc00c), name('mail.b'), u16(0, 1, 0, 2, 0, 3, 0, 4, 0, 5)]))).toEqual([
    'a.example mail.b 1 2 3 4 5',
  ]);
  expect(answersOf(47, Buffer.concat([name('b.example'), Buffer.of(0, 2, 0x40, 0x01)]))).toEqual(['b.example A MX']);
  expect(
    answersOf(65, Buffer.concat([u16(1), name('b'), u16(1, 6), Buffer.from('\x02h2\x02h3'), u16(3, 2, 443)])),
  ).toEqual(['1 b alpn=h2,h3 port=443']);
  expect(answersOf(1, Buffer.of(1, 2, 3))).toEqual(['\\# 3 010203']);
});

test('ends at a name that points at itself', () => {
  expect(answersOf(2, u16(0xc000 + 12 + 11 + 4 + 12))).toEqual([expect.stringContaining('\\# 2')]);
});

test('reads the extended result and the DNSSEC flag', () => {
  const edns = Buffer.concat([Buffer.of(0), u16(41, 1232, 0x0100, 0x8000, 0)]);
  const reply = Buffer.concat([u16(9, 0x8100, 1, 0, 0, 1), name('a.example'), u16(1, 1), edns]);
  const { reported } = run(udp([0, message(9, 0x0100, 1)], [1, reply]));
  expect(reported[0]?.exchange.fields).toMatchObject({ RCODE: 'BADVERS', FLAGS: ['rd', 'do'] });
});

test('leaves NetBIOS names alone', () => {
  const query = Buffer.concat([u16(1, 0x0110, 1, 0, 0, 0), name('CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'), u16(33, 1)]);
  expect(run(udp([0, query])).titles).toEqual([undefined]);
});

test('lets go of a conversation without open queries', () => {
  const many = Array.from({ length: 50 }, (_, slot) => ({
    slot,
    ...udp([0, message(slot, 0x0100, 1)], [1, message(slot, 0x8180, 1)]),
  }));
  const talks = many.flatMap(one => one.talks);
  const happenings = many.flatMap(one => one.happenings.map(happening => ({ ...happening, slot: one.slot })));
  const { reported, stats } = replay({ talks, happenings }, { protocols: PROTOCOLS, limits: { sessions: 1 } });
  expect(reported).toHaveLength(50);
  expect(stats.sessions_full).toBeUndefined();
});

const ROOT_OPT = Buffer.concat([Buffer.of(0), u16(41, 1232, 0, 0, 0)]);
const framed = (...messages: Buffer[]): Buffer => Buffer.concat(messages.flatMap(bytes => [u16(bytes.length), bytes]));
const tcp = (...turns: [Direction, Buffer][]): Transcript => transcriptOf(turns, { transport: 'tcp' });
const summariesOf = (transcript: Transcript): string[] =>
  run(transcript).reported.map(({ exchange }) => exchange.summary);

test.each([
  ['nothing', Buffer.alloc(0), 0],
  ['a cookie', ROOT_OPT, 1],
])('reports a query without a question that asks for %s', (_, tail, extras) => {
  const query = Buffer.concat([u16(3, 0x0100, 0, 0, 0, extras), tail]);
  const reply = Buffer.concat([u16(3, 0x8100, 0, 0, 0, extras), tail]);
  expect(summariesOf(udp([0, query], [1, reply]))).toEqual(['QUERY NOERROR']);
  expect(summariesOf(tcp([0, framed(query)], [1, framed(reply)]))).toEqual(['QUERY NOERROR']);
});

test('leaves twelve zeros, and others that wish for nothing, alone', () => {
  expect(run(udp([0, Buffer.alloc(12)])).titles).toEqual([undefined]);
  expect(run(udp([0, Buffer.concat([u16(9), Buffer.alloc(10)])])).titles).toEqual([undefined]);
});

test('takes an error without the question for the answer over TCP too', () => {
  const two = Buffer.concat([u16(2, 0x0100, 2, 0, 0, 0), name('a.example'), u16(1, 1), name('b.example'), u16(1, 1)]);
  const turns: [Direction, Buffer][] = [
    [0, framed(two)],
    [1, framed(u16(2, 0x8101, 0, 0, 0, 0))],
  ];
  expect(summariesOf(tcp(...turns))).toEqual(['A a.example FORMERR']);
});

test('tells notifications, updates and stateful operations from queries', () => {
  const turns = (opcode: number): [Direction, Buffer][] => [
    [0, message(5, opcode << 11, 6)],
    [1, message(5, 0x8000 | (opcode << 11), 6)],
  ];
  const keepAlive = Buffer.concat([u16(7, 6 << 11, 0, 0, 0, 0, 1, 8), Buffer.alloc(8)]);
  const refused = u16(7, 0x8004 | (6 << 11), 0, 0, 0, 0);
  expect(summariesOf(udp(...turns(4), ...turns(5)))).toEqual([
    'NOTIFY SOA a.example NOERROR',
    'UPDATE SOA a.example NOERROR',
  ]);
  expect(summariesOf(tcp([0, framed(keepAlive)], [1, framed(refused)]))).toEqual(['DSO NOTIMP']);
});

const soa = (serial: number): Buffer =>
  answer(6, Buffer.concat([Buffer.of(0, 0), u16(0, serial, 0, 0, 0, 0, 0, 0, 0, 0)]));
const address = answer(1, Buffer.of(192, 0, 2, 1));
const AXFR = 252;
const IXFR = 251;
const asked = (type: number): [Direction, Buffer] => [0, framed(message(7, 0, type))];
/** A message of a transfer that does not repeat the question: names point to nowhere that matters. */
const further = (...records: Buffer[]): Buffer =>
  Buffer.concat([
    u16(7, 0x8400, 0, records.length, 0, 0),
    ...records.map(record => Buffer.concat([Buffer.of(0), record.subarray(2)])),
  ]);

test.each([
  [
    'a whole zone in parts without the question',
    AXFR,
    [message(7, 0x8400, AXFR, [soa(2)]), further(address), further(address, soa(2))],
    4,
  ],
  [
    'a whole zone in parts with it',
    AXFR,
    [message(7, 0x8400, AXFR, [soa(2)]), message(7, 0x8400, AXFR, [address]), message(7, 0x8400, AXFR, [soa(2)])],
    3,
  ],
  [
    'the differences',
    IXFR,
    [
      message(7, 0x8400, IXFR, [soa(3), soa(1), address]),
      further(soa(2), address, soa(2), soa(3)),
      further(address, soa(3)),
    ],
    9,
  ],
  ['a whole zone for the differences', IXFR, [message(7, 0x8400, IXFR, [soa(3), address]), further(soa(3))], 3],
  ['nothing new', IXFR, [message(7, 0x8400, IXFR, [soa(3)])], 1],
])('reports a zone transfer once, with all that it took: %s', (_, type, messages, records) => {
  const next = message(8, 0x0100, 1);
  const transcript = tcp(asked(type), ...messages.map((part): [Direction, Buffer] => [1, framed(part)]), [
    0,
    framed(next),
  ]);
  const { reported } = run(transcript);
  const query = framed(message(7, 0, type)).length;
  expect(reported.map(({ exchange }) => exchange.summary.split(' ').at(-1))).toEqual(['NOERROR', '-']);
  expect(reported[0]?.exchange).toMatchObject({
    bytes: query + framed(...messages).length,
    fields: { RECORDS: records, DNS_RESPONSE: 1 },
  });
  expect(reported[0]?.exchange.fields).not.toHaveProperty('TRUNCATED');
});

test('marks a zone transfer whose end was not seen', () => {
  const { reported } = run(tcp(asked(AXFR), [1, framed(message(7, 0x8400, AXFR, [soa(2), address]))]));
  expect(reported.map(({ exchange }) => exchange)).toMatchObject([
    { summary: 'AXFR a.example NOERROR *', fields: { RECORDS: 2, TRUNCATED: 1, RESP: 1 } },
  ]);
});
