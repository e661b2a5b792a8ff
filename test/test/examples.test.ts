import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { commands, root } from '../src/root.ts';

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
