import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { formatProbeKeyLine } from '@nanogelf/codec';
import { KEY_NAMES, keyOf } from '../../src/config/keys.ts';
import { listen } from '../outputs/kit.ts';
import { DNS_PCAP, HTTP_PCAP, runProbe } from './command.ts';

const folder = mkdtempSync(join(tmpdir(), 'nano-commands-'));

test('the version is the package’s', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
  expect(await runProbe(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
});

test('the short help shows a dozen options and examples, the long one all', async () => {
  const short = await runProbe(['--help']);
  const long = await runProbe(['--help', 'all']);
  const shownIn = (text: string) => KEY_NAMES.filter(name => text.includes(`--${name} `));
  expect([short.code, long.code]).toEqual([0, 0]);
  expect(shownIn(short.stdout)).toEqual(expect.arrayContaining(KEY_NAMES.filter(name => keyOf(name).common)));
  expect(shownIn(short.stdout).length).toBeLessThanOrEqual(13);
  expect(shownIn(long.stdout)).toEqual(KEY_NAMES);
  expect(short.stdout).toContain('Examples:');
});

test('devices lists what the system has', async () => {
  const { code, stdout } = await runProbe(['devices']);
  expect(code).toBe(0);
  for (const name of Object.keys(networkInterfaces())) expect(stdout).toMatch(new RegExp(`^${name} +up`, 'm'));
});

test('a good configuration is called good, and what is without effect is told', async () => {
  const path = join(folder, 'good.conf');
  writeFileSync(path, 'device=lo\nexp-domain=127.0.0.1:12201\nlicense=x\nforward=10.0.0.1:4789\n');
  const { code, stdout, stderr } = await runProbe(['check-config', path]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: `${path}: configuration OK\n` });
  expect(stderr).toContain('not in this version, without effect: forward\n');
  expect(stderr).toContain('accepted for existing files, without effect: license\n');
});

test('a capture file becomes one record per line, the same on every run', async () => {
  const args = ['--play', HTTP_PCAP, '--play-speed', '0', '--stdout', '--probe-id', 'p', '--source', 's'];
  const runs = [await runProbe(args), await runProbe(args)].map(({ code, stdout }) => ({
    code,
    records: stdout
      .trimEnd()
      .split('\n')
      .map(line => ({ ...JSON.parse(line), DISK_RATIO: 0 })),
  }));
  expect(runs[0]?.code).toBe(0);
  expect(runs[0]?.records.length).toBeGreaterThan(5);
  for (const record of runs[0]?.records ?? []) {
    expect(record).toMatchObject({ gl2_source_collector: 'p', SOURCE: 's', LICENSE: 'free', 'message-type': 'comm' });
    expect(record.STATE).not.toBe('ACTIVE');
  }
  expect(runs[1]).toEqual(runs[0]);
});

test('a bare option does not swallow the configuration file', async () => {
  const path = join(folder, 'play.conf');
  writeFileSync(path, `play=${HTTP_PCAP}\n`);
  const { code, stdout } = await runProbe(['--stdout', `@${path}`]);
  expect(code).toBe(0);
  expect(stdout.split('\n').length).toBeGreaterThan(5);
});

test('watch prints a short line per exchange of the protocol that was named, and sends nothing', async () => {
  const listener = await listen();
  const env = { NANO_EXP_DOMAIN: `127.0.0.1:${listener.port}` };
  const { code, stdout } = await runProbe(['watch', 'dns', '--play', DNS_PCAP], { env });
  const lines = stdout.trimEnd().split('\n');
  expect(code).toBe(0);
  expect(lines.length).toBeGreaterThan(2);
  for (const line of lines) expect(line).toMatch(/^\d\d:\d\d:\d\d\.\d{3} DNS +\S+:\d+ → \S+:\d+ [A-Z0-9]+ \S+ ./);
  expect(stdout).not.toContain('\x1b');
  expect(listener.datagrams).toEqual([]);
  await listener.close();
});

test('a reader that has seen enough ends the probe quietly', async () => {
  const { code, stderr } = await runProbe(['--play', HTTP_PCAP, '--stdout'], { readsNothing: true });
  expect(code).toBe(0);
  expect(stderr).not.toMatch(/EPIPE|this is a bug/);
});

async function waitFor(child: ChildProcess, text: string): Promise<void> {
  let seen = '';
  while (!seen.includes(text)) seen += String((await once(child.stderr as NodeJS.EventEmitter, 'data'))[0]);
}

test('a live probe hides its key from process lists and ends well on SIGTERM', async () => {
  const key = formatProbeKeyLine({ suite: 'psk', kid: 7, key: new Uint8Array(32).fill(9) });
  const main = fileURLToPath(new URL('../../src/main.js', import.meta.url));
  const child = spawn(process.execPath, [main, '--device', 'lo', '--exp-domain', '127.0.0.1:9', '--encrypt', key]);
  await waitFor(child, '"capturing"');
  const commandLine = readFileSync(`/proc/${child.pid}/cmdline`, 'latin1');
  child.kill('SIGTERM');
  const [code] = await once(child, 'exit');
  expect(commandLine).toContain('nano-probe');
  expect(commandLine).not.toContain(key.slice(-20));
  expect(code).toBe(0);
});
