import { expect, test } from '@jest/globals';
import { fixturesOf, probeFile } from '../src/harness/index.ts';
import { BENCHES, judged } from '../src/tshark/index.ts';

/** Every fixture through the whole probe and through tshark: both must tell the same, but for what is named here. */

interface Known {
  /** What tshark does not do; each line must still be there, or the entry has to go. */
  readonly why: string;
  readonly lines: readonly string[];
}

const UNREAD = 'a conversation is not judged: tshark reads';

const KNOWN: { readonly [fixture: string]: readonly Known[] } = {
  'dns/transfers': [
    {
      why: 'of a zone transfer the first message is joined with the query, not the last (RFC 5936, 2.2)',
      lines: [
        said('10779 example IXFR: END_TIME', '"2026-11-24T18:28:59.989511Z"', '"2026-11-24T18:28:59.989670Z"'),
        said('31761 example IXFR: END_TIME', '"2026-11-24T18:29:05.127527Z"', '"2026-11-24T18:29:05.127586Z"'),
        said('40019 example AXFR: END_TIME', '"2026-11-24T18:29:05.105361Z"', '"2026-11-24T18:29:05.105684Z"'),
        said('48791 example AXFR: END_TIME', '"2026-11-24T18:28:56.391699Z"', '"2026-11-24T18:28:56.391986Z"'),
      ],
    },
  ],
  'http/node': [
    {
      why: 'a 1xx is taken for the answer, which comes after it (RFC 9110, 15.2)',
      lines: [said('GET /early: END_TIME', '"2026-11-24T07:13:36.296696Z"', '"2026-11-24T07:13:36.296876Z"')],
    },
    {
      why: 'a body that ends with the connection is shown at the FIN, not at its last byte',
      lines: [said('GET /close: END_TIME', '"2026-11-24T07:13:36.354923Z"', '"2026-11-24T07:13:36.354629Z"')],
    },
    {
      why: 'a response that was broken off is not joined with its request',
      lines: [said('GET /hang: END_TIME', 'nothing', '"2026-11-24T07:13:36.363897Z"')],
    },
  ],
  'http/pipelined': [
    {
      why: 'of pipelined requests the last is given the first answer (RFC 9112, 9.3.2: they come in order)',
      lines: [
        said('GET /one.txt: END_TIME', 'nothing', '"2026-11-24T07:13:34.844147Z"'),
        said('GET /missing: END_TIME', 'nothing', '"2026-11-24T07:13:34.844203Z"'),
        said('HEAD /two.txt: END_TIME', 'nothing', '"2026-11-24T07:13:34.844222Z"'),
        said('GET /gone: END_TIME', '"2026-11-24T07:13:34.844147Z"', '"2026-11-24T07:13:34.844238Z"'),
      ],
    },
    {
      why: 'so that it does not know HEAD, and takes the next response for the body (RFC 9112, 6.3)',
      lines: [
        said('HEAD /two.txt: RSP_BODY_BYTES', '8', 'nothing'),
        said('GET /gone: RETCODE', 'nothing', '410'),
        said('GET /gone: CONTENTTYPE', 'nothing', '"text/plain"'),
        said(
          'GET /gone: RSP_HEADER',
          'nothing',
          String.raw`"Server: nginx/1.22.1\r\nDate: Tue, 24 Nov 2026 07:13:34 GMT\r\nContent-Type: text/plain\r\nContent-Length: 5\r\nConnection: close"`,
        ),
        said('GET /gone: RSP_BODY_BYTES', 'nothing', '5'),
      ],
    },
  ],
  'http/switched': [
    {
      why: 'a response without a length is shown at the FIN',
      lines: [said('POST /echo: END_TIME', '"2026-11-24T13:05:43.720536Z"', '"2026-11-24T13:05:43.720406Z"')],
    },
  ],
  'mysql/compressed': [
    {
      why: 'it does not go on to the next of several packets',
      lines: Array(2).fill(`${UNREAD} the first packet alone of those that are compressed together`),
    },
  ],
  'mysql/connector-c': [
    {
      why: 'rows that COM_STMT_FETCH brings are dissected as OK packets',
      lines: ['2', '2', '1'].map(rows => said('COM_STMT_FETCH SELECT id FROM bulk WHER: ROWS', '0', rows)),
    },
  ],
  'mysql/jdbc': [
    {
      why: 'rows that COM_STMT_FETCH brings are dissected as OK packets',
      lines: ['10', '10', '3', '10', '10'].map(rows =>
        said('COM_STMT_FETCH SELECT seq FROM seq_1_to: ROWS', '0', rows),
      ),
    },
  ],
  'postgres/jdbc': [
    {
      why: 'an error that the server sends unasked (57P01) answers nothing, so the judge has no statement for it',
      lines: [': tshark has 0, we have 1'],
    },
  ],
  'postgres/prepare': [
    {
      why: 'our records say what was prepared in SQL itself',
      lines: Array(2).fill(`${UNREAD} statements as they come, not what EXECUTE in SQL stands for`),
    },
  ],
  'postgres/replication': [
    {
      why: 'the tag at the end of a stream tells of no rows that the statement returned',
      lines: [said('START_REPLICATION SLOT "rows" LOGICAL 0/0: ROWS', '0', 'nothing')],
    },
    {
      why: 'a stream that the client left has no end',
      lines: ['START_REPLICATION SLOT rows LOGICAL 0/0: tshark has 0, we have 1'],
    },
  ],
  'redis/pipelined': [{ why: 'inline commands', lines: [`${UNREAD} RESP2 alone, not what the client sends`] }],
  'redis/pubsub': [{ why: 'RESP3', lines: Array(2).fill(`${UNREAD} RESP2 alone, not what the server sends`) }],
  'redis/replica': [
    { why: "a replica's copy of the data", lines: [`${UNREAD} RESP2 alone, not what the server sends`] },
  ],
  'redis/resp3': [
    { why: 'RESP3', lines: [`${UNREAD} RESP2 alone, not what the server sends`] },
    { why: 'inline commands', lines: [`${UNREAD} RESP2 alone, not what the client sends`] },
  ],
  'tds/mars': [{ why: 'MARS', lines: [`${UNREAD} one session on a connection, not several (MC-SMP)`] }],
  'tds/cancelled': [
    {
      why: 'it sees no error, as the server sends none: that the client gave up is our word',
      lines: [said('wait for ever: ERR', 'nothing', '"cancelled by the client (attention)"')],
    },
  ],
};

function said(what: string, theirs: string, ours: string): string {
  return `${what}: tshark says ${theirs}, we say ${ours}`;
}

/** Of these tshark reads no conversation. */
const ALL_UNREAD = new Set(['mysql/compressed', 'postgres/prepare', 'redis/resp3', 'tds/mars']);

const UNCUT = ['--bodylen', '65535'];
const fixtures = Object.entries(BENCHES).flatMap(([folder, bench]) =>
  fixturesOf(folder).map(fixture => ({ name: `${folder}/${fixture.name}`, path: fixture.path, bench })),
);

test.each(fixtures)('$name: tshark and our records tell the same', ({ name, path, bench }) => {
  const { lines, claims } = judged(path, bench, probeFile(path, UNCUT));
  const known = (KNOWN[name] ?? []).flatMap(one => one.lines);
  expect([...lines].sort()).toEqual([...known].sort());
  expect(claims.length > 0).toBe(!ALL_UNREAD.has(name));
});

test('a record that is wrong in any judged field, missing or doubled is found', () => {
  const { path, bench } = fixtures.find(({ name }) => name === 'http/nginx') as (typeof fixtures)[number];
  const records = probeFile(path, UNCUT);
  const linesFor = (first: readonly object[]): number =>
    judged(path, bench, [...first, ...records.slice(1)] as typeof records).lines.length;
  expect(linesFor([])).toBeGreaterThan(0);
  expect(linesFor([records[0] ?? {}, records[0] ?? {}])).toBeGreaterThan(0);
  const wrong = { METHOD: 'PUT', URL: '/other', RETCODE: 500, DOMAIN: 'else', RSP_BODY_BYTES: 17, CONTENTTYPE: 'a/b' };
  for (const [field, value] of Object.entries(wrong))
    expect(linesFor([{ ...records[0], [field]: value }])).toBeGreaterThan(0);
});
