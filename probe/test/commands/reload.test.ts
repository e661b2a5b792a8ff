import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { waitingKeys } from '../../src/commands/reload.ts';
import { loadConfig } from '../../src/config/load.ts';
import { listen } from '../outputs/kit.ts';

const main = fileURLToPath(new URL('../../src/main.js', import.meta.url));
const path = join(mkdtempSync(join(tmpdir(), 'nano-reload-')), 'nano.conf');

/** Resolves when the stream has said `text`, from now on. */
async function saysNext(stream: ChildProcess['stdout'], text: string): Promise<string> {
  let seen = '';
  while (!seen.includes(text)) seen += String((await once(stream as NodeJS.EventEmitter, 'data'))[0]);
  return seen;
}

test('on SIGHUP a good file takes over and a bad one is told, while the probe goes on', async () => {
  const listener = await listen();
  const sender = createSocket('udp4');
  writeFileSync(path, `device=lo\nstdout=1\ninterval=1\nfilter-net=${listener.port === 9 ? 10 : 9}\n`);
  const child = spawn(process.execPath, [main, `@${path}`]);
  await saysNext(child.stderr, '"capturing"');

  writeFileSync(path, 'bodylen=abc\n');
  child.kill('SIGHUP');
  expect(await saysNext(child.stderr, 'the old one stays')).toContain('bodylen: read');

  writeFileSync(path, `device=lo\nstdout=1\ninterval=2\nfilter-net=${listener.port}\n`);
  child.kill('SIGHUP');
  const said = await saysNext(child.stderr, 'configuration reloaded');
  expect(said).toContain('changes that wait for a restart: interval');

  const beat = setInterval(() => sender.send('hello', listener.port, '127.0.0.1'), 50);
  const records = await saysNext(child.stdout, `"DST_PORT":${listener.port}`);
  clearInterval(beat);
  for (const line of records.trimEnd().split('\n')) expect(line).toContain(`:${listener.port}`);
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
  sender.close();
  await listener.close();
});

test('the keys that wait for a restart are those whose change cannot be taken over', () => {
  const load = (options: { [name: string]: string }) =>
    loadConfig({ env: {}, options: new Map(Object.entries(options)) as never }).config;
  const waiting = (options: { [name: string]: string }) =>
    waitingKeys(load({ 'exp-domain': 'a:1' }), load({ 'exp-domain': 'a:1', ...options }));
  expect(waiting({})).toEqual([]);
  expect(waiting({ drop: '22', bodylen: '1', 'l4-switch': 'tcp', 'auto-check': '0', 'filter-net': '80' })).toEqual([]);
  expect(waiting({ redact: 'iban', 'redact-off': 'token', jsonsample: '7' })).toEqual([]);
  expect(waiting({ device: 'lo', 'auto-check': '' })).toEqual([expect.stringContaining('device'), 'auto-check']);
  expect(waiting({ 'exp-domain': 'b:1' })).toEqual([expect.stringContaining('exp-domain')]);
  expect(waiting({ proto: 'http', source: 'x' })).toHaveLength(2);
});
