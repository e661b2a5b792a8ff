// The process of the local end, told by a probe as users run it, of real servers and clients.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Host, type HostPair, makeHostPair, type Program } from '../src/hosts/index.ts';
import { type Exchange, LiveProbe } from '../src/live/index.ts';
import { startNginx } from '../src/load/nginx.ts';
import { NANO_PROBE } from '../src/programs.ts';

const PORT = 8080;
const CLOSED_PORT = 8081;

let hosts: HostPair;
let folder: string;
beforeEach(() => {
  hosts = makeHostPair();
  folder = mkdtempSync(join(tmpdir(), 'nanogelf-processes-'));
});
afterEach(() => {
  hosts.remove();
  rmSync(folder, { recursive: true });
});

interface ProbeOptions {
  readonly device?: string;
  readonly options?: readonly string[];
  /** What runs the probe: a command and its arguments. */
  readonly under?: readonly string[];
}

async function watch(host: Host, { device = 'lo', options = [], under = [] }: ProbeOptions = {}): Promise<LiveProbe> {
  const output = join(folder, 'records.ndjson');
  const command = [...under, 'node', NANO_PROBE, '--device', device, '--capture', 'ring', '--stdout', ...options];
  const program = host.start('sh', ['-c', `exec "$@" >${output}`, 'sh', ...command]);
  await program.line(/"capturing"/);
  return new LiveProbe(program, output);
}

/** One connection after the other, each closed as soon as it is answered. */
const visit = (host: Host, count: number, url = `http://127.0.0.1:${PORT}/`): Promise<string> =>
  host.run('sh', ['-c', `for n in $(seq ${count}); do curl -s -o "${folder}/answer" ${url}; done; true`]);

/** A new link has no addresses, to programs that ask, until both ends are up. */
const linkIsUp = (host: Host): Promise<string> =>
  host.run('sh', ['-c', `until ip link show ${host.device} | grep -q 'state UP'; do sleep 0.1; done`]);

async function startPython(host: Host): Promise<Program> {
  const server = host.start('python3', ['-u', '-m', 'http.server', String(PORT), '--directory', folder]);
  await server.line(/Serving/);
  return server;
}

const valuesOf = (records: readonly Exchange[], field: string): unknown[] => [
  ...new Set(records.map(record => record[field])),
];
const commOf = (pid: unknown): string => readFileSync(`/proc/${pid}/comm`, 'utf8').trimEnd();

test('connections that are over at once have their server in every record, for a question or two', async () => {
  await startNginx(hosts.a, folder, PORT);
  const probe = await watch(hosts.a);
  await visit(hosts.a, 1);
  await probe.settle();
  await visit(hosts.a, 40);
  const { exchanges, conversations, counters } = await probe.finish();
  const records = [...exchanges.slice(1), ...conversations];
  expect(records.length).toBe(40 + 41);
  expect(valuesOf(records, 'PROC_NAME')).toEqual(['nginx']);
  expect(valuesOf(records, 'PROC_PID').map(commOf)).toEqual(['nginx']);
  expect(counters['process.local']).toBe(41);
  expect(counters['process.asked']).toBeLessThanOrEqual(3);
});

test('where only the client is local, the client is named', async () => {
  const server = `require('http').createServer((_, answer) => answer.end()).listen(${PORT}, () => console.log('up'))`;
  await hosts.b.start('node', ['-e', server]).line(/up/);
  await linkIsUp(hosts.a);
  const probe = await watch(hosts.a, { device: hosts.a.device });
  const script = `
    import http.client, time
    connection = http.client.HTTPConnection('${hosts.b.address}', ${PORT})
    for n in range(5):
        connection.request('GET', '/')
        connection.getresponse().read()
        print('answered', flush=True)
        time.sleep(0.2)
    time.sleep(60)`;
  const client = hosts.a.start('python3', ['-c', script.replace(/^ {4}/gm, '')]);
  await client.until(() => client.stdout[4], 'five answers');
  const { exchanges, conversations } = await probe.finish();
  const records = [...exchanges.slice(1), ...conversations.filter(({ DST_PORT }) => DST_PORT === PORT)];
  expect(records.length).toBe(5);
  expect(valuesOf(records, 'PROC_NAME')).toEqual(['python3']);
  expect(valuesOf(records, 'PROC_PID')).toEqual([client.pid]);
});

test('knocking at a closed port again and again is not looked up again and again', async () => {
  await linkIsUp(hosts.b);
  const probe = await watch(hosts.b, { device: hosts.b.device });
  await visit(hosts.a, 60, `http://${hosts.b.address}:${CLOSED_PORT}/`);
  const { conversations, counters } = await probe.finish();
  expect(conversations.filter(({ STATE }) => STATE === 'REJ').length).toBe(60);
  expect(valuesOf(conversations, 'PROC_NAME')).toEqual([undefined]);
  expect(counters['process.remembered']).toBeGreaterThan(40);
  expect(counters['process.looks']).toBeUndefined();
});

test('without the rights to look at other processes one line says so, and records come without names', async () => {
  await startPython(hosts.a);
  const under = ['setpriv', '--bounding-set', '-dac_read_search,-sys_ptrace'];
  const probe = await watch(hosts.a, { under });
  await visit(hosts.a, 2);
  const { exchanges } = await probe.finish();
  const notices = probe.program.stderr.filter(line => line.includes('CAP_'));
  expect(notices.length).toBe(1);
  expect(notices[0]).toContain('CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE');
  expect(exchanges.length).toBe(2);
  expect(valuesOf(exchanges, 'PROC_NAME')).toEqual([undefined]);
});

test('process=0 asks nobody and says nothing', async () => {
  await startPython(hosts.a);
  const probe = await watch(hosts.a, { options: ['--process', '0'] });
  await visit(hosts.a, 2);
  const { exchanges, counters } = await probe.finish();
  expect(valuesOf(exchanges, 'PROC_NAME')).toEqual([undefined]);
  expect(Object.keys(counters).filter(name => name.startsWith('process.'))).toEqual([]);
  expect(probe.program.stderr.some(line => line.includes('CAP_'))).toBe(false);
});
