import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Program } from '../src/hosts/index.ts';
import { type Exchange, type LiveScene, makeLiveScene, watchLoopback } from '../src/live/index.ts';
import { root } from '../src/root.ts';
import { type CertificatePaths, makeCertificate } from '../src/servers/certificate.ts';

const NAME = 'tls.example';
let scene: LiveScene;
let certificate: CertificatePaths;
beforeEach(async () => {
  scene = makeLiveScene();
  certificate = await makeCertificate(scene.folder, NAME);
});
afterEach(() => scene.remove());

const serverArguments = (): string[] => ['-cert', certificate.cert, '-key', certificate.key];

/** Starts openssl's server. */
async function serve(port: number, ...options: string[]): Promise<Program> {
  const server = scene.host.start('openssl', ['s_server', '-accept', `${port}`, ...serverArguments(), ...options]);
  await server.line(/ACCEPT/);
  return server;
}

/** @returns what openssl's client says of the session: `Protocol version`, `Ciphersuite`, … */
async function connect(port: number, ...options: string[]): Promise<Map<string, string>> {
  const script = 'echo Q | timeout 10 openssl s_client -brief "$@" 2>&1 || :';
  const said = await scene.host.run('sh', ['-c', script, 'sh', '-connect', `127.0.0.1:${port}`, ...options]);
  return new Map(said.split('\n').map(line => line.split(': ', 2) as [string, string]));
}

async function watch(work: () => Promise<void>): Promise<readonly Exchange[]> {
  const probe = await watchLoopback(scene.host, scene.folder);
  await work();
  return (await probe.finish()).exchanges;
}

/** IANA's names, as openssl's client gives them for TLS 1.3, and the one suite of 1.2 asked for here. */
const SUITE_1_2 = { openssl: 'ECDHE-RSA-AES128-GCM-SHA256', iana: 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256' };

test('versions, suites and names are those that the client and the server agreed on', async () => {
  await serve(4430, '-alpn', 'h2');
  const said: Map<string, string>[] = [];
  const records = await watch(async () => {
    said.push(await connect(4430, '-servername', NAME, '-alpn', 'h2', '-tls1_3'));
    said.push(await connect(4430, '-servername', NAME, '-alpn', 'h2', '-tls1_2', '-cipher', SUITE_1_2.openssl));
  });
  expect(said.map(each => each.get('Protocol version'))).toEqual(['TLSv1.3', 'TLSv1.2']);
  expect(said[1]?.get('Ciphersuite')).toBe(SUITE_1_2.openssl);
  expect(records).toMatchObject([
    {
      L7_PROTOCOL: 'TLS',
      SNI: NAME,
      TLS_VERSION: '1.3',
      CIPHER: said[0]?.get('Ciphersuite'),
      ALPN: ['h2'],
      RESUMED: 0,
    },
    { SNI: NAME, TLS_VERSION: '1.2', CIPHER: SUITE_1_2.iana, ALPN: ['h2'], CERT_SUBJECT: `O=nanogelf, CN=${NAME}` },
  ]);
  expect(records.every(({ HAND_DELAY }) => Number(HAND_DELAY) > 0)).toBe(true);
}, 30_000);

test('curl, Node and Python against nginx are told apart, and have the fingerprints that tshark finds', async () => {
  const { host, folder } = scene;
  const ssl = `ssl_certificate ${certificate.cert}; ssl_certificate_key ${certificate.key};`;
  const server = `server { listen 127.0.0.1:4430 ssl; server_name ${NAME}; ${ssl} return 200 "hello\\n"; }`;
  const config = `daemon off; pid ${folder}/pid; error_log stderr; events {} http { access_log off; ${server} }`;
  await host.run('sh', ['-c', 'cat >"$0" <<"END"\n$1\nEND'.replace('$1', config), `${folder}/nginx.conf`]);
  host.start('nginx', ['-c', `${folder}/nginx.conf`, '-e', 'stderr']);
  const dump = host.start('tshark', [
    '-i',
    'lo',
    '-l',
    '-T',
    'fields',
    '-e',
    'tls.handshake.ja3',
    '-Y',
    'tls.handshake.type == 1',
  ]);
  await dump.line(/Capturing/);
  const url = `https://${NAME}:4430/`;
  const records = await watch(async () => {
    await host.run('curl', ['-sk', '--retry', '20', '--retry-connrefused', '--resolve', `${NAME}:4430:127.0.0.1`, url]);
    const node = `require('https').get({ host: '127.0.0.1', port: 4430, servername: '${NAME}', rejectUnauthorized: false }, r => r.resume())`;
    await host.run('node', ['-e', node]);
    const python = `import socket, ssl; c = ssl._create_unverified_context(); c.wrap_socket(socket.create_connection(('127.0.0.1', 4430)), server_hostname='${NAME}').close()`;
    await host.run('python3', ['-c', python]);
  });
  const hellos = records.filter(({ SNI }) => SNI === NAME);
  expect(hellos).toHaveLength(3);
  await dump.until(() => (dump.stdout.length >= 3 ? true : undefined), 'three fingerprints');
  expect(hellos.map(({ JA3 }) => JA3)).toEqual(dump.stdout.slice(0, 3));
  expect(new Set(hellos.map(({ JA4 }) => JA4)).size).toBe(3);
}, 60_000);

test('a session taken up again says so, in both versions', async () => {
  await serve(4430);
  const session = `${scene.folder}/session`;
  const records = await watch(async () => {
    for (const version of ['-tls1_2', '-tls1_3']) {
      const once = `sleep 0.3; echo Q`;
      const script = `(${once}) | openssl s_client -connect 127.0.0.1:4430 ${version} "$@" >/dev/null 2>&1 || :`;
      await scene.host.run('sh', ['-c', script, 'sh', '-sess_out', session]);
      await scene.host.run('sh', ['-c', script, 'sh', '-sess_in', session]);
    }
  });
  expect(records.map(({ TLS_VERSION, RESUMED }) => [TLS_VERSION, RESUMED])).toEqual([
    ['1.2', 0],
    ['1.2', 1],
    ['1.3', 0],
    ['1.3', 1],
  ]);
}, 30_000);

test('handshakes that fail tell the alert and who sent it', async () => {
  await serve(4430, '-tls1_2', '-Verify', '1', '-verify_return_error');
  const records = await watch(async () => {
    await connect(4430, '-tls1_3');
    await connect(4430, '-tls1_2');
    await connect(4430, '-tls1_2', '-verify_return_error');
  });
  expect(records.map(({ ALERT, RESP }) => [ALERT, RESP])).toEqual([
    [['DST protocol_version'], 1],
    [['DST handshake_failure'], 1],
    [['SRC unknown_ca'], 1],
  ]);
}, 30_000);

test('a hello in records of 512 bytes is read whole', async () => {
  await serve(4430);
  const names = Array.from({ length: 60 }, (_, index) => `protocol-${index}`).join();
  const records = await watch(async () => {
    await connect(4430, '-servername', NAME, '-max_send_frag', '512', '-alpn', names);
  });
  expect(records).toMatchObject([{ SNI: NAME, RESP: 1 }]);
  expect(records[0]?.ALPN).toEqual(names.split(','));
}, 30_000);

test('STARTTLS inside SMTP is told', async () => {
  const server = scene.host.start('/usr/bin/python3', [
    `${root}test/src/servers/smtp.py`,
    '2525',
    certificate.cert,
    certificate.key,
  ]);
  await server.line(/ready/);
  const records = await watch(async () => {
    await connect(2525, '-starttls', 'smtp', '-servername', NAME);
  });
  expect(records).toMatchObject([{ STARTTLS: 'SMTP', SNI: NAME, TLS_VERSION: '1.3', RESP: 1 }]);
}, 30_000);
