import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { encodeGelf, TYPE_GELF } from '@nanogelf/codec';
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
