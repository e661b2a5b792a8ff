// Makes a fresh machine ready for `npm run demo`, `npm test` or `npm run bench`: npm's packages, then the Debian
// programs that the target uses. Does nothing, and says nothing, when all is there. Plain Node: nothing is installed yet.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

// program, or a file's path → the Debian package it comes from
const TEST = {
  '/usr/bin/python3': 'python3',
  '/usr/include/pcap.h': 'libpcap-dev', // npm's cap is compiled against it
  '/usr/lib/python3/dist-packages/aiosmtpd': 'python3-aiosmtpd',
  '/usr/lib/python3/dist-packages/pika': 'python3-pika',
  '/usr/lib/python3/dist-packages/pip': 'python3-pip',
  '/usr/share/doc/postgresql': 'postgresql', // its programs lie in a folder per version
  'amqp-publish': 'amqp-tools',
  curl: 'curl',
  dig: 'bind9-dnsutils',
  dnsmasq: 'dnsmasq-base',
  drill: 'ldnsutils',
  editcap: 'wireshark-common',
  'g++': 'g++',
  h2load: 'nghttp2-client',
  ip: 'iproute2',
  iperf3: 'iperf3',
  jruby: 'jruby',
  make: 'make',
  mariadb: 'mariadb-client',
  mariadbd: 'mariadb-server',
  mergecap: 'wireshark-common',
  nft: 'nftables',
  nghttpd: 'nghttp2-server',
  nghttpx: 'nghttp2-proxy',
  nginx: 'nginx-light',
  openssl: 'openssl',
  ping: 'iputils-ping',
  'rabbitmq-server': 'rabbitmq-server',
  'redis-cli': 'redis-tools',
  'redis-server': 'redis-server',
  setpriv: 'util-linux',
  sysbench: 'sysbench',
  tcpdump: 'tcpdump',
  tshark: 'tshark',
  unbound: 'unbound',
  wrk: 'wrk',
  zstd: 'zstd',
};
const BENCH = {
  argus: 'argus-server',
  racount: 'argus-client',
  curl: 'curl',
  httpry: 'httpry',
  ip: 'iproute2',
  jruby: 'jruby',
  nfpcapd: 'nfdump',
  nginx: 'nginx-light',
  softflowd: 'softflowd',
  tcpdump: 'tcpdump',
  tcpreplay: 'tcpreplay',
  time: 'time',
  tshark: 'tshark',
  wrk: 'wrk',
};
const TARGETS = { demo: {}, test: TEST, bench: BENCH };

// Folders of jars.lock that a target uses.
const JARS = { demo: /^$/, test: /./, bench: /^jruby$/ };
const MAVEN_CENTRAL = process.env.MAVEN_CENTRAL ?? 'https://repo.maven.apache.org/maven2';

const root = fileURLToPath(new URL('..', import.meta.url));
const FOLDERS = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin', '/usr/local/sbin'];
const LOCK_WAIT_S = 120; // another apt may be at work on a machine that has just started
const FIRST_SIGN_MS = 2000;
const KEPT_CHARS = 20_000; // of a command's output, shown when it fails

const fail = line => {
  console.error(`setup: ${line}`);
  process.exit(1);
};

/** Runs a command quietly, with a sign of life every two seconds.
 *  @returns {Promise<number>} its exit status; its last output has been shown when that is not 0 */
async function run(what, command, args, env = {}) {
  console.log(`setup: ${what}`);
  const begin = Date.now();
  const signs = setInterval(() => console.log(`setup: … ${Math.round((Date.now() - begin) / 1000)} s`), FIRST_SIGN_MS);
  const child = spawn(command, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', text => {
      output = (output + text).slice(-KEPT_CHARS);
    });
  const status = await new Promise(resolve => {
    child.on('error', error => fail(`${command}: ${error.message}`));
    child.on('close', resolve);
  });
  clearInterval(signs);
  if (status !== 0) console.error(output);
  return status;
}

async function installPackages() {
  const installed = join(root, 'node_modules/.package-lock.json');
  const wanted = join(root, 'package-lock.json');
  const isCurrent = existsSync(installed) && statSync(installed).mtimeMs >= statSync(wanted).mtimeMs;
  if (isCurrent && workspaces().every(isLinked)) return;
  // Not `npm ci`: it refuses a lock without the optional packages of every other platform, which a registry that lacks
  // them cannot give. With --no-save the locked versions and checksums hold all the same, and the lock stays as it is.
  const args = ['install', '--no-save', '--no-audit', '--no-fund', '--no-update-notifier'];
  if ((await run('installing npm packages', 'npm', args)) !== 0) fail('npm install failed, see above');
}

const workspaces = () => JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).workspaces;

/** A checkout that was brought up to date may hold a workspace that npm has not seen yet. */
const isLinked = folder => existsSync(join(root, 'node_modules/@nanogelf', folder));

/** An optional package that was installed before its compiler was there is missing; the tests want it. */
async function compileCap() {
  if (existsSync(join(root, 'node_modules/cap/build/Release/cap.node'))) return;
  const args = ['install', '--no-save', '--no-audit', '--no-fund', '--force', '--include=optional'];
  if ((await run('compiling cap', 'npm', args)) !== 0) fail('npm install failed, see above');
}

/** Outside of git, where `npm ci` and a clean checkout leave nothing behind. */
async function fetchJars(folders) {
  const wanted = jars().filter(({ folder }) => folders.test(folder));
  const isThere = ({ path, hash }) => existsSync(path) && sha256(path) === hash;
  const missing = wanted.filter(jar => !isThere(jar));
  if (missing.length > 0) {
    const options = ['--fail', '--fail-early', '--location', '--silent', '--show-error', '--retry', '3'];
    const files = missing.flatMap(({ path, url }) => ['--output', path, url]);
    const args = [...options, '--create-dirs', '--parallel', '--parallel-max', '8', ...files];
    const status = await run(`fetching ${missing.length} jars from Maven Central`, 'curl', args);
    if (status !== 0) fail(`${MAVEN_CENTRAL} does not give them, see above`);
  }
  for (const jar of missing)
    if (!isThere(jar)) fail(`${jar.path} is not the file it should be: expected SHA-256 ${jar.hash}`);
  for (const path of strangersBeside(wanted)) rmSync(path, { recursive: true });
}

/** @returns {{ hash: string, folder: string, path: string, url: string }[]} */
function jars() {
  const lines = readFileSync(join(root, 'scripts/jars.lock'), 'utf8').split('\n');
  return lines
    .filter(line => /^[0-9a-f]/.test(line))
    .map(line => {
      const [hash, folder, coordinates] = line.split(' ');
      const [group, artifact, version] = coordinates.split(':');
      const name = `${artifact}-${version}.jar`;
      const url = `${MAVEN_CENTRAL}/${group.replaceAll('.', '/')}/${artifact}/${version}/${name}`;
      return { hash, folder, path: join(root, 'node_modules/.cache', folder, name), url };
    });
}

/** Earlier versions: a Java that is given the whole folder would load either. */
function strangersBeside(wanted) {
  const known = new Set(wanted.map(({ path }) => path));
  const folders = new Set(wanted.map(({ path }) => dirname(path)));
  return [...folders]
    .flatMap(folder => readdirSync(folder).map(name => join(folder, name)))
    .filter(path => !known.has(path));
}

/** Beside the jars. */
async function fetchPython() {
  const lock = join(root, 'scripts/python.lock');
  const folder = join(root, 'node_modules/.cache/python');
  const copy = join(folder, 'python.lock');
  if (existsSync(copy) && readFileSync(copy, 'utf8') === readFileSync(lock, 'utf8')) return;
  rmSync(folder, { recursive: true, force: true });
  const options = ['--quiet', '--disable-pip-version-check', '--no-deps', '--require-hashes', '--target', folder];
  const args = ['-m', 'pip', 'install', ...options, '--requirement', lock];
  if ((await run('fetching Python packages', '/usr/bin/python3', args)) !== 0) fail('pip failed, see above');
  copyFileSync(lock, copy);
}

const sha256 = path => createHash('sha256').update(readFileSync(path)).digest('hex');

const isMissing = name =>
  name.startsWith('/') ? !existsSync(name) : !FOLDERS.some(folder => existsSync(join(folder, name)));

async function installPrograms(programs) {
  const missing = Object.keys(programs).filter(isMissing);
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map(name => programs[name]))].sort();
  if (!existsSync('/usr/bin/apt-get')) fail(`not a Debian system: please install ${missing.join(', ')} yourself`);
  const rise = asRoot();
  if (rise === undefined)
    fail(`needs root for ${missing.join(', ')}; run this, then try again:
  sudo apt-get update && sudo apt-get install -y --no-install-recommends ${packages.join(' ')}`);
  const [command, ...args] = [...rise, 'sh', '-c', INSTALL, 'sh', ...packages];
  if ((await run(`installing ${packages.join(' ')} (apt-get)`, command, args)) !== 0) fail('apt-get failed, see above');
}

/** @returns {string[] | undefined} what to put before a command so that it runs as root; undefined when nothing will */
function asRoot() {
  if (process.getuid() === 0) return [];
  return spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0 ? ['sudo', '-n'] : undefined;
}

// The servers are wanted as programs, not as services: policy-rc.d keeps Debian from starting them on this machine.
// Package lists are fetched only when they are missing or too old to install from.
const INSTALL = `
export DEBIAN_FRONTEND=noninteractive
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
  trap 'rm -f '$policy EXIT INT TERM HUP
  printf '#!/bin/sh\\nexit 101\\n' >$policy && chmod 755 $policy
fi
install() { apt-get -o DPkg::Lock::Timeout=${LOCK_WAIT_S} install -y --no-install-recommends "$@"; }
install "$@" || { apt-get -o DPkg::Lock::Timeout=${LOCK_WAIT_S} update && install "$@"; }
`;

const target = process.argv[2] ?? 'test';
if (!Object.hasOwn(TARGETS, target))
  fail(`unknown target ${target}; expected one of ${Object.keys(TARGETS).join(', ')}`);
await installPrograms(TARGETS[target]);
await installPackages();
if (target === 'test') await compileCap();
await fetchJars(JARS[target]);
if (target === 'test') await fetchPython();
