import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect, test } from '@jest/globals';
import { formatProbeKeyLine } from '@nanogelf/codec';
import { KEY_NAMES, type KeyName, keyOf } from '../../src/config/keys.ts';
import { loadConfig } from '../../src/config/load.ts';
import { BUILT_PROTOCOLS } from '../../src/config/protocol-names.ts';
import { PROTOCOLS } from '../../src/protocols/registry.ts';

const folder = mkdtempSync(join(tmpdir(), 'nano-config-'));
const KEY_LINE = formatProbeKeyLine({ suite: 'psk', kid: 7, key: new Uint8Array(32).fill(9) });

let files = 0;
function writeFile(text: string, mode = 0o600): string {
  const path = join(folder, `file-${files++}`);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

interface Inputs {
  file?: string;
  env?: NodeJS.ProcessEnv;
  options?: { [key in KeyName]?: string | true };
}

function load({ file, env = {}, options = {} }: Inputs) {
  const given = new Map(Object.entries(options)) as Map<KeyName, string | true>;
  return loadConfig({ file: file === undefined ? undefined : writeFile(file), env, options: given });
}

function errorsOf(inputs: Inputs): string[] {
  try {
    load(inputs);
  } catch (error) {
    return (error as Error).message
      .replaceAll(`${folder}/`, '')
      .replace(/file-\d+/g, 'nano.conf')
      .split('\n');
  }
  throw new Error('was accepted');
}

test('what nobody mentions has a useful value', () => {
  const { config, notices } = load({});
  expect(notices).toEqual([]);
  expect(config.capture).toMatchObject({ devices: ['any'], source: 'auto', filterBpf: '', playFile: '' });
  expect(config.analysis).toMatchObject({
    l4: 'net',
    l7: 'bodies',
    bodyBytes: 1024,
    mediaTypes: [],
    intervalSeconds: 10,
    keep: [],
    drop: [],
    secretNames: [],
    plainNames: [],
    sampleRate: 1,
  });
  expect(config.outputs).toMatchObject({
    stdout: false,
    destinations: [],
    compression: 'none',
    armor: false,
    datagramBytes: 0,
  });
});

test('a key that is given blank is off, or has its default where off makes no sense', () => {
  const { config } = load({ file: 'auto-check=\ninterval=\nbodylen=\ndevice=\nencrypt=\ncompress=\n' });
  expect(config.analysis).toMatchObject({ l4: 'net', l7: 'off', bodyBytes: 1024, intervalSeconds: 10 });
  expect(config.capture.devices).toEqual(['any']);
  expect(load({ file: 'l4-switch=' }).config.analysis.l4).toBe('off');
});

test('an option beats the environment, which beats the file', () => {
  const file = 'source=file\nbodylen=1\ninterval=1';
  const env = { NANO_SOURCE: 'environment', NANO_BODYLEN: '2' };
  const { config } = load({ file, env, options: { source: 'option' } });
  expect(config.identity.source).toBe('option');
  expect(config.analysis).toMatchObject({ bodyBytes: 2, intervalSeconds: 1 });
});

test('a blank option turns off what the file turned on', () => {
  expect(load({ file: 'l4-switch=tcp', options: { 'l4-switch': '' } }).config.analysis.l4).toBe('off');
});

test('a file written for Nano, with every key it knows, works unchanged', () => {
  const file = `# Nano
device=eth0,lo
filter-bpf=tcp port 80 or vlan
filter-net=10.0.0.0/8,192.0.2.1:80,443
drop=22
max-length=1500
l4-switch=net
auto-check=1
ignorel7=TLS
proto=http:8081,mysql:3307,POSTGRESQL
bodylen=2048
interval=30
jsonsample=10
exp-domain=10.0.0.5:12201,relay.example.org:12201
compress=1
base64=
encrypt=
forward=10.0.0.6:4789
forward-ip=10.0.0.1
json-path=/var/log/nano
json-size=100
pcap-path=/var/log/nano
pcap-size=1000
pcap-file-size=50
proclist=nginx,mysqld
source=dc1
graylog=http://10.0.0.9:9000
token=abc
config-url=
config-cmd=
config-interval=60
cpu-limit=20
mem-limit=110
probe-id=web-1
host-address=10.0.0.1
sys-version=Debian
tls-plaintext=off
license=XYZ
bytecode=1
jsonsample-seed=3
`;
  const { config, notices } = load({ file });
  expect(config.analysis.protocols).toEqual([
    { id: 'http', port: 8081 },
    { id: 'mysql', port: 3307 },
    { id: 'postgres' },
  ]);
  expect(config.analysis.sampleRate).toBe(10);
  expect(config.outputs.compression).toBe('zlib');
  expect(config.outputs.destinations).toHaveLength(2);
  expect(notices).toEqual([
    'not in this version, without effect: forward, forward-ip, json-path, json-size, pcap-path, pcap-size, pcap-file-size, proclist, graylog, token, config-interval, cpu-limit, mem-limit',
    'accepted for existing files, without effect: license, bytecode, jsonsample-seed',
  ]);
});

test('blank lines, comments, blanks, carriage returns and a byte order mark do not matter', () => {
  const { config } = load({ file: '\uFEFF# first\r\n\r\n  source = a=b c \r\n#bodylen=x\r\nbodylen=7' });
  expect(config.identity.source).toBe('a=b c');
  expect(config.analysis.bodyBytes).toBe(7);
});

test('all mistakes are told at once, each with its place, what was read and what is allowed', () => {
  const file = 'devise=eth0\nbodylen=abc\n\ninterval=0\nexp-domain=10.0.0.5\ninterval=5\nsource\n';
  const env = { NANO_DROP: '10.0.0.0/99' };
  expect(errorsOf({ file, env, options: { 'l4-switch': 'tpc', proto: 'htp' } })).toEqual([
    'nano.conf:1: devise: unknown key (did you mean device?)',
    'nano.conf:6: interval: given twice, first at nano.conf:4',
    'nano.conf:7: source: expected source=VALUE',
    'nano.conf:2: bodylen: read "abc"; allowed: an integer from 0 to 65535',
    'nano.conf:4: interval: read "0"; allowed: an integer from 1 to 3600',
    'nano.conf:5: exp-domain: read "10.0.0.5" because the port is missing; allowed: with commas between them: HOST:PORT or udp://HOST:PORT',
    expect.stringContaining('environment NANO_DROP: drop: read "10.0.0.0/99"'),
    'option --l4-switch: l4-switch: read "tpc" (did you mean tcp?); allowed: net, tcp, udp or empty',
    expect.stringContaining('option --proto: proto: read "htp" (did you mean http?); allowed: '),
  ]);
});

test.each([
  ['encrypt without a destination', { encrypt: KEY_LINE }, 'encrypt: needs exp-domain'],
  ['play with a device', { play: 'x.pcap', device: 'eth0' }, 'device: cannot be used with play'],
  ['play-speed without play', { 'play-speed': '1' }, 'play-speed: needs play'],
  [
    'gzip under encryption',
    { encrypt: KEY_LINE, 'exp-domain': 'a:1', compress: 'gzip' },
    'gzip and zlib are for plain GELF',
  ],
  ['dict in clear', { 'exp-domain': 'a:1', compress: 'dict' }, 'dict and unsafe-batch need encrypt'],
  ['nothing to report', { 'l4-switch': '', 'auto-check': '' }, 'are both off'],
  ['a protocol wanted and not', { proto: 'http', ignorel7: 'http' }, 'names a protocol that proto asks for'],
  ['a stream destination', { 'exp-domain': 'tcp://a:1' }, 'tcp:// is not in this version'],
] as const)('a combination that cannot work: %s', (_, options, message) => {
  expect(errorsOf({ options })).toEqual([expect.stringContaining(message)]);
});

test('compress=1 means zlib in clear and one record at a time when sealed', () => {
  const clear = { 'exp-domain': 'a:1', compress: '1' };
  expect(load({ options: clear }).config.outputs.compression).toBe('zlib');
  expect(load({ options: { ...clear, encrypt: KEY_LINE } }).config.outputs.compression).toBe('dict');
});

test('a key comes from a file or inline', () => {
  const options = { 'exp-domain': 'a:1', base64: true as const };
  const fromFile = load({ options, env: { NANO_ENCRYPT: writeFile(`# key\n${KEY_LINE}\n`) } });
  const inline = load({ options, env: { NANO_ENCRYPT: KEY_LINE } });
  expect(fromFile.config.outputs).toMatchObject({ key: { suite: 'psk', kid: 7 }, armor: true });
  expect(inline.config.outputs.key).toEqual(fromFile.config.outputs.key);
  expect(inline.notices).toEqual([]);
});

test('a key on the command line works and is warned about', () => {
  const { notices } = load({ options: { 'exp-domain': 'a:1', encrypt: KEY_LINE } });
  expect(notices).toEqual([expect.stringContaining('encrypt: a secret on the command line')]);
});

test('a key file that others can read is refused with the chmod that mends it', () => {
  const path = writeFile(KEY_LINE, 0o644);
  expect(errorsOf({ options: { 'exp-domain': 'a:1', encrypt: path } })).toEqual([
    expect.stringContaining('mend with: chmod 600 '),
  ]);
});

const SECRETS = [
  KEY_LINE,
  KEY_LINE.slice(0, -3),
  'nk1p_abcdefgh',
  'correct horse battery staple',
  'hunter2/hunter3',
  `7:nk1p_${'A'.repeat(48)}`,
];

test.each(SECRETS)('a secret is never shown, right or wrong (%#)', value => {
  const attempts: Inputs[] = [
    { options: { encrypt: value } },
    { file: `encrypt=${value}` },
    { file: `encrypt ${value}` },
    { file: value },
    { file: `${value}=1` },
    { options: { encrypt: writeFile(value), bodylen: 'x' } },
    { options: { token: value, bodylen: 'x' } },
  ];
  for (const attempt of attempts) expect(errorsOf(attempt).join('\n')).not.toContain(value.slice(-9));
});

test('the environment of a cluster is no mistake, a slip of the finger is told', () => {
  const env = {
    NANO_RELAY_PORT: 'tcp://10.0.0.1:1',
    NANO_RELAY_SERVICE_HOST: '10.0.0.1',
    NANO_LOG_LEVEL: 'debug',
    NANO_EXP_DOMIAN: 'x',
  };
  expect(load({ env }).notices).toEqual(['environment NANO_EXP_DOMIAN: unknown key (did you mean exp-domain?)']);
});

test('a file that cannot be read is one line', () => {
  expect(() => loadConfig({ file: '/none.conf', env: {}, options: new Map() })).toThrow(
    'cannot read the configuration /none.conf: no such file or folder (ENOENT)',
  );
});

test('the protocols of this version are those of the registry', () => {
  expect([...BUILT_PROTOCOLS].sort()).toEqual(PROTOCOLS.map(({ id }) => id).sort());
});

test('a list names the item that is wrong', () => {
  expect(errorsOf({ options: { proto: 'http,htp' } })).toEqual([
    expect.stringContaining('"htp" is not allowed (did you mean http?)'),
  ]);
});

test('every example of the table parses', () => {
  for (const name of KEY_NAMES) expect(keyOf(name).kind.parse(keyOf(name).example)).toBeDefined();
});

test('every key that the design names is known', () => {
  const names =
    `device filter-bpf filter-net drop max-length l4-switch auto-check ignorel7 proto bodylen redact redact-off interval jsonsample
    exp-domain compress base64 encrypt forward forward-ip json-path json-size pcap-path pcap-size pcap-file-size play
    play-speed proclist source graylog token config-url config-cmd config-interval cpu-limit mem-limit probe-id
    host-address sys-version tls-plaintext license bytecode jsonsample-seed`.split(/\s+/);
  expect(KEY_NAMES).toEqual(expect.arrayContaining(names));
});

test('a secret value shows itself to nobody who does not ask for it', () => {
  const settings = keyOf('token').kind.parse('hunter2');
  for (const shown of [String(settings), JSON.stringify({ settings }), inspect({ settings }, { showHidden: true })]) {
    expect(shown).toContain('[secret]');
    expect(shown).not.toContain('hunter2');
  }
});
