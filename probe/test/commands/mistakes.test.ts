import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { formatProbeKeyLine } from '@nanogelf/codec';
import { type Ended, HTTP_PCAP, type RunSettings, runProbe } from './command.ts';

const folder = mkdtempSync(join(tmpdir(), 'nano-mistakes-'));
const KEY = formatProbeKeyLine({ suite: 'psk', kid: 7, key: new Uint8Array(32).fill(9) });

function file(name: string, text: string, mode = 0o600): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

const config = file('nano.conf', 'devise=eth0\nbodylen=abc\nencrypt=nk1p_wrong\nexp-domain=a:1\n');
const badFilter = file('bpf.conf', 'device=lo\nfilter-bpf=host 1.2.3.4.5\nstdout=1\n');
const worldReadable = file('open.key', KEY, 0o644);
const notCapture = file('text.pcap', 'this is no capture file, only text\n');
/** Whoever runs the tests, the probe has no rights over anything. */
const powerless: RunSettings = {
  wrapper: process.geteuid?.() === 0 ? ['setpriv', '--bounding-set=-all', '--reuid=65534', '--clear-groups', '--'] : [],
};

interface Mistake {
  readonly args: readonly string[];
  readonly code: number;
  readonly lines: readonly (string | RegExp)[];
  readonly settings?: RunSettings;
}

const MISTAKES: { readonly [name: string]: Mistake } = {
  'an unknown option': {
    args: ['--exp-domian', 'a:1'],
    code: 2,
    lines: [/unknown option '--exp-domian' \(Did you mean --exp-domain\?\)/],
  },
  'an unknown command': { args: ['wach'], code: 2, lines: [/"wach" is not a command \(did you mean watch\?\)/] },
  'a file without its @': { args: ['nano.conf'], code: 2, lines: [/a configuration file is given as @FILE/] },
  'two files': { args: ['@a', '--config', 'b'], code: 2, lines: [/two configuration files: @a and --config b/] },
  'nowhere to send': { args: [], code: 2, lines: [/nowhere to put records/] },
  'a bad value': {
    args: ['--stdout', '--bodylen', 'abc'],
    code: 2,
    lines: ['nano-probe: option --bodylen: bodylen: read "abc"; allowed: an integer from 0 to 65535'],
  },
  'a missing configuration': {
    args: ['@/none.conf'],
    code: 2,
    lines: ['nano-probe: cannot read the configuration /none.conf: no such file or folder (ENOENT)'],
  },
  'a folder as configuration': {
    args: [`@${folder}`],
    code: 2,
    lines: [/cannot read the configuration .*: is a folder \(EISDIR\)/],
  },
  'a missing key file': {
    args: ['--exp-domain', 'a:1', '--encrypt', '/none.key'],
    code: 2,
    lines: [/encrypt: there is no such key file \/none.key; make one with nano-keys/],
  },
  'a key file that others can read': {
    args: ['--exp-domain', 'a:1', '--encrypt', worldReadable],
    code: 2,
    lines: [/mode 0644\); mend with: chmod 600 /],
  },
  'a key without a destination': {
    args: ['--stdout', '--encrypt', KEY],
    code: 2,
    lines: [/encrypt: needs exp-domain/],
  },
  'every mistake of a file at once': {
    args: ['check-config', config],
    code: 2,
    lines: [
      /nano.conf:1: devise: unknown key \(did you mean device\?\)/,
      /nano.conf:2: bodylen: read "abc"/,
      /nano.conf:3: encrypt: /,
    ],
  },
  'a mistake in the environment': {
    args: ['--stdout'],
    settings: { env: { NANO_INTERVAL: '0' } },
    code: 2,
    lines: [/environment NANO_INTERVAL: interval: read "0"/],
  },
  'an unknown protocol to watch': {
    args: ['watch', 'htp'],
    code: 2,
    lines: [/proto: read "htp" \(did you mean http\?\)/],
  },
  'a device that does not exist': { args: ['--stdout', '--device', 'nosuch0'], code: 1, lines: [/nosuch0/] },
  'a device that no worker finds': {
    args: ['--stdout', '--device', 'nosuch0', '--threads', '2'],
    code: 1,
    lines: [/nosuch0/],
  },
  'threads for a file': {
    args: ['--stdout', '--play', HTTP_PCAP, '--threads', '2'],
    code: 2,
    lines: [/option --threads: threads: needs the ring/],
  },
  'a filter that does not compile': {
    args: ['--stdout', '--device', 'lo', '--filter-bpf', 'tcp prt 80'],
    code: 2,
    lines: [
      /^nano-probe: option --filter-bpf: filter-bpf: read "tcp prt 80" \(.*syntax error\); allowed: a pcap filter/,
    ],
  },
  'a filter in a file that does not compile': {
    args: ['check-config', badFilter],
    code: 2,
    lines: [/bpf.conf:2: filter-bpf: read "host 1.2.3.4.5" \(.+\); allowed: a pcap filter/],
  },
  'a capture file that does not exist': { args: ['--stdout', '--play', '/none.pcap'], code: 1, lines: [/\/none.pcap/] },
  'a capture file that is none': { args: ['--stdout', '--play', notCapture], code: 1, lines: [/text.pcap/] },
  'no rights to capture': {
    args: ['--stdout', '--device', 'lo'],
    settings: powerless,
    code: 1,
    lines: [/cap_net_raw/i],
  },
};

/** Lines for the operator; a log line is a JSON object. */
const told = ({ stderr }: Ended): string[] => stderr.split('\n').filter(line => line !== '' && !line.startsWith('{'));

test.each(Object.entries(MISTAKES))('%s is told in one clear line each', async (_, { args, settings, code, lines }) => {
  const ended = await runProbe(args, settings);
  expect(told(ended)).toEqual(lines.map(line => (typeof line === 'string' ? line : expect.stringMatching(line))));
  expect(ended.code).toBe(code);
  expect(ended.stdout).toBe('');
  expect(ended.stderr).not.toMatch(/\n {4}at |this is a bug/);
  expect(ended.stderr).not.toMatch(/nk1p_\w/);
});

test('no secret is in anything the probe writes, whatever becomes of it', async () => {
  const secret = KEY.slice(-20);
  const runs = [
    ['--exp-domain', '127.0.0.1:9', '--encrypt', KEY, '--play', HTTP_PCAP, '--stdout'],
    ['--exp-domain', 'nowhere.invalid:9', '--encrypt', KEY, '--play', '/none.pcap'],
    ['--exp-domain', '127.0.0.1:9', '--encrypt', `${KEY}x`],
    ['--encrypt', KEY, '--bogus'],
    ['--token', KEY, '--bodylen', 'x'],
    [KEY],
    [`@${KEY}`],
    ['watch', KEY],
    ['check-config', file('key.conf', `${KEY}\nencrypt=${KEY}\nencrypt=${KEY}x\n`)],
  ];
  for (const args of runs) {
    const { stdout, stderr } = await runProbe(args);
    expect(stdout + stderr).not.toContain(secret);
  }
});
