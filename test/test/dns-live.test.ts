import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Exchange, type LiveScene, makeLiveScene, watchLoopback } from '../src/live/index.ts';
import { startUnbound } from '../src/servers/unbound.ts';

const PORT = 5300;
const ZONE = [
  'example. 60 IN SOA ns.example. admin.example. 1 3600 600 86400 60',
  'example. 60 IN NS ns.example.',
  'a.example. 60 IN A 192.0.2.7',
  'a.example. 60 IN A 192.0.2.8',
  'aaaa.example. 60 IN AAAA 2001:db8::7',
  'alias.example. 60 IN CNAME a.example.',
  'mx.example. 60 IN MX 10 mail.example.',
  'txt.example. 60 IN TXT "one two" "three"',
  '_sip._tcp.example. 60 IN SRV 1 2 5060 sip.example.',
  'caa.example. 60 IN CAA 0 issue "ca.example"',
  'naptr.example. 60 IN NAPTR 100 10 "u" "sip" "!^.*$!sip:a@b!" .',
  'tlsa.example. 60 IN TLSA 3 1 1 d2abde240d7cd3ee6b4b28c54df034b97983a1d16e8a410e4561cb106618e971',
  'sshfp.example. 60 IN SSHFP 4 2 d2abde240d7cd3ee6b4b28c54df034b97983a1d16e8a410e4561cb106618e971',
  'ptr.example. 60 IN PTR host.example.',
];
const LOOKUPS = [
  ['example', 'SOA'],
  ['example', 'NS'],
  ['a.example', 'A'],
  ['aaaa.example', 'AAAA'],
  ['alias.example', 'CNAME'],
  ['mx.example', 'MX'],
  ['txt.example', 'TXT'],
  ['_sip._tcp.example', 'SRV'],
  ['caa.example', 'CAA'],
  ['naptr.example', 'NAPTR'],
  ['tlsa.example', 'TLSA'],
  ['sshfp.example', 'SSHFP'],
  ['ptr.example', 'PTR'],
  ['missing.example', 'A'],
] as const;

let scene: LiveScene;
beforeEach(async () => {
  scene = makeLiveScene();
  await startUnbound(scene.host, scene.folder, PORT, ZONE);
});
afterEach(() => scene.remove());

async function watch(work: () => Promise<void>): Promise<readonly Exchange[]> {
  const probe = await watchLoopback(scene.host, scene.folder);
  await work();
  return (await probe.finish()).exchanges;
}

/** A record's answers, and a tool's, in one form: names without the last dot, hex digits in one piece, small. */
const plain = (data: string): string =>
  data
    .replace(/\.(?= |$)/g, '')
    .replace(/(?<= )([0-9A-Fa-f]{8,}) ([0-9A-Fa-f]+)$/, '$1$2')
    .toLowerCase();

interface Answer {
  readonly type: string;
  readonly data: string;
}
const dataOf = ({ ANSWERS, QTYPE }: Exchange): string[] =>
  ((ANSWERS ?? []) as readonly Answer[]).filter(({ type }) => type === QTYPE).map(({ data }) => plain(data));

/** @param tool dig and its like: their answer lines begin with name, TTL, class and type */
async function ask(tool: string, options: readonly string[]): Promise<string[][]> {
  const said: string[][] = [];
  for (const [name, type] of LOOKUPS) {
    const text = await scene.host.run('sh', ['-c', '"$@" || :', 'sh', tool, ...options, name, type]);
    const lines = text.split('\n').filter(line => new RegExp(`^\\S+\\s+60\\s+IN\\s+${type}\\s`).test(line));
    said.push(lines.map(line => plain(line.split(/\s+/).slice(4).join(' '))));
  }
  return said;
}

test.each([
  ['dig over UDP', 'dig', ['@127.0.0.1', '-p', `${PORT}`, '+noall', '+answer']],
  ['dig over TCP', 'dig', ['@127.0.0.1', '-p', `${PORT}`, '+tcp', '+noall', '+answer']],
  ['delv over UDP', 'delv', ['-i', '@127.0.0.1', '-p', `${PORT}`]],
  ['drill over UDP', 'drill', ['-p', `${PORT}`, '@127.0.0.1']],
])(
  'what %s is told is in the records, in order',
  async (name, tool, options) => {
    let said: string[][] = [];
    const records = await watch(async () => {
      said = await ask(tool, options);
    });
    expect(records.map(({ DOMAIN, QTYPE }) => [DOMAIN, QTYPE])).toEqual(
      LOOKUPS.map(([domain, type]) => [domain, type]),
    );
    expect(records.map(record => dataOf(record).sort())).toEqual(said.map(answers => answers.sort()));
    expect(said.slice(0, -1).every(answers => answers.length > 0)).toBe(true);
    expect(records.at(-1)).toMatchObject({ RCODE: 'NXDOMAIN', RESP: 1 });
    expect(new Set(records.map(({ L4_PROTOCOL }) => L4_PROTOCOL))).toEqual(
      new Set([name.endsWith('TCP') ? 'TCP' : 'UDP']),
    );
  },
  30_000,
);

test('addresses are listed, also behind an alias', async () => {
  const records = await watch(async () => {
    await scene.host.run('dig', ['@127.0.0.1', '-p', `${PORT}`, 'a.example', 'A']);
  });
  expect(records).toMatchObject([
    { L7_PROTOCOL: 'DNS', RESULT_IP: expect.arrayContaining(['192.0.2.7', '192.0.2.8']) },
  ]);
}, 30_000);

test.each(['+notcp', '+tcp'])(
  'a query without a question is told with its answer: dig %s',
  async transport => {
    let said = '';
    const records = await watch(async () => {
      said = await scene.host.run('dig', ['@127.0.0.1', '-p', `${PORT}`, '+header-only', transport]);
    });
    const [, status, id] = /status: (\w+), id: (\d+)/.exec(said) ?? [];
    expect(records).toMatchObject([{ L7_PROTOCOL: 'DNS', RCODE: status, ID: Number(id), RESP: 1 }]);
    expect(records[0]).not.toHaveProperty('DOMAIN');
  },
  30_000,
);

test('an update that the server refuses is told apart from a query', async () => {
  const records = await watch(async () => {
    const script = `server 127.0.0.1 ${PORT}\nzone example\nupdate add new.example 60 A 192.0.2.1\nsend\n`;
    await scene.host.run('sh', ['-c', 'printf "$1" | nsupdate 2>&1 || :', 'sh', script]);
  });
  expect(records.filter(({ OPCODE }) => OPCODE !== undefined)).toMatchObject([
    { OPCODE: 'UPDATE', DOMAIN: 'example', RCODE: 'NOTIMP' },
  ]);
}, 30_000);

test('queries that are never answered say so: dig asks from another port each time', async () => {
  const silent = scene.host.start('/usr/bin/python3', [
    '-c',
    "import socket, time; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('127.0.0.1', 5301)); print('ready', flush=True); time.sleep(60)",
  ]);
  await silent.line(/ready/);
  const records = await watch(async () => {
    const options = ['-p', '5301', '+timeout=1', '+tries=3', 'lost.example', 'AAAA'];
    await scene.host.run('sh', ['-c', 'dig "$@" || :', 'sh', '@127.0.0.1', ...options]);
  });
  expect(records).toMatchObject(Array(3).fill({ DOMAIN: 'lost.example', QTYPE: 'AAAA', RESP: 0 }));
  expect(records.filter(({ RCODE }) => RCODE !== undefined)).toEqual([]);
}, 30_000);
