import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { encodeGelf, TYPE_GELF } from '@nanogelf/codec';
import { runProgram } from '../src/hosts/index.ts';
import { eventsOf } from '../src/platforms/events.ts';
import { clock, Site } from '../src/relay/relay-process.ts';
import { commands, root } from '../src/root.ts';

const START_MS = 60_000; // a JVM on a busy machine

const keyFile = join(tmpdir(), `nano-example-${process.pid}.key`);
const configFile = join(tmpdir(), `nano-example-${process.pid}.conf`);
const registry = join(tmpdir(), `nano-example-${process.pid}.registry`);
afterAll(() => {
  for (const path of [keyFile, configFile, registry]) rmSync(path, { force: true });
});

const run = (command: string, ...args: readonly string[]): string =>
  execFileSync(process.execPath, [command, ...args], { encoding: 'utf8' });

test('the commands of the example make a key with which its configuration is accepted', () => {
  run(commands.keys, 'init', '--registry', registry);
  run(commands.keys, 'add', 'web-1', '--suite', 'sealed', '--registry', registry, '--out', keyFile);
  const example = readFileSync(`${root}examples/relay-to-logstash/nano.conf`, 'utf8');
  writeFileSync(configFile, example.replace('/etc/nano/probe.key', keyFile));
  expect(run(commands.probe, 'check-config', configFile)).toContain('configuration OK');
});

test(
  'Splunk gets each record whole under "event", with its time and its host, and nothing of Logstash\'s',
  async () => {
    const site = new Site();
    const key = site.add({ name: 'web', suite: 'psk' });
    const gelf = encodeGelf({ host: 'web-1', short_message: 'hello', timestamp: 1_700_000_000.5, BYTES: 7 });
    const seal = async () => ({ datagrams: site.sender(key).seal(TYPE_GELF, gelf, clock()) });
    const [first] = await eventsOf('outputs/splunk-hec.conf', site.registryPath, seal);
    site.remove();
    const told = { envelope: 'opened', probe: 'web', kid: key.kid, seq: 0, record_id: expect.any(String) };
    const event = { host: 'web-1', message: 'hello', BYTES: 7, ...told };
    expect(first).toEqual({ event, time: 1_700_000_000.5, host: 'web-1', sourcetype: 'nano:record' });
  },
  START_MS,
);

test("the script's certificates are those of server and client alike, by the strict rules, for their own names alone", async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nano-certificates-'));
  await runProgram(`${root}examples/back-to-back-tls/make-certificates.sh`, [
    folder,
    'central.example.org',
    '192.0.2.1',
  ]);
  const verify = (name: string, ...more: string[]) =>
    runProgram('openssl', ['verify', '-x509_strict', '-CAfile', `${folder}/ca.pem`, ...more, `${folder}/${name}.pem`]);
  for (const purpose of ['sslserver', 'sslclient']) {
    expect(await verify('central.example.org', '-purpose', purpose)).toMatch(/: OK$/);
    expect(await verify('192.0.2.1', '-purpose', purpose)).toMatch(/: OK$/);
  }
  expect(await verify('central.example.org', '-verify_hostname', 'central.example.org')).toMatch(/: OK$/);
  expect(await verify('192.0.2.1', '-verify_ip', '192.0.2.1')).toMatch(/: OK$/);
  await expect(verify('central.example.org', '-verify_hostname', 'example.org')).rejects.toThrow(/hostname mismatch/);
  await expect(verify('192.0.2.1', '-verify_ip', '192.0.2.2')).rejects.toThrow(/IP address mismatch/);
  const open = readdirSync(folder).filter(name => (statSync(join(folder, name)).mode & 0o077) !== 0);
  expect(open.filter(name => name.endsWith('.key'))).toEqual([]);
  rmSync(folder, { recursive: true });
});
