// cold. The programs that are compared: how each is started on a pcap file, and what it says that it has done.
import { execFileSync } from 'node:child_process';
import { createReadStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { FLOW_TABLE } from '../programs.ts';
import { commands, root } from '../root.ts';

/** One program on one input. */
export interface Contestant {
  readonly name: string;
  /** How often it reads its input; once where left out. */
  readonly passes?: number;
  /** @param file the input
   *  @param folder empty, for whatever it writes
   *  @returns command and arguments; standard output goes to `folder`/stdout, standard error to `folder`/stderr */
  command(file: string, folder: string): readonly string[];
  /** What it wrote, counted after the clock has stopped.
   *  @returns words and numbers for a reader: `5832 flows` */
  result(folder: string): Promise<string> | string;
  /** One line with its version. */
  version(): string;
}

const MOST_FLOWS = '2000000'; // more than any row has, so that no peer gives up flows early

const outputOf = (command: string, args: readonly string[]): string =>
  execFileSync('sh', ['-c', '"$@" 2>&1 || true', 'sh', command, ...args], { encoding: 'utf8', env: ENVIRONMENT });

export const ENVIRONMENT = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };

const firstMatch = (text: string, pattern: RegExp): string => pattern.exec(text)?.[1] ?? '?';

async function countLines(file: string, keep: (line: string) => boolean): Promise<number> {
  let count = 0;
  for await (const line of createInterface({ input: createReadStream(file) })) if (keep(line)) count++;
  return count;
}

/** @param options of the probe, beyond reading the file as fast as it can and writing NDJSON
 *  @param what names the records that are counted
 *  @param keep tells them by their text */
const probe = (options: readonly string[], what: string, keep: (line: string) => boolean): Contestant => ({
  name: 'nano-probe',
  command: file => [process.execPath, commands.probe, '--play', file, '--play-speed', '0', '--stdout', ...options],
  result: async folder => `${await countLines(join(folder, 'stdout'), keep)} ${what}`,
  version: () => `${JSON.parse(readFileSync(`${root}probe/package.json`, 'utf8')).version}, Node ${process.version}`,
});

/** Network records only. */
export const probeFlows = probe(['--l4-switch', 'net', '--auto-check', ''], 'flows', line =>
  line.includes('"DURATION"'),
);

const TABLE_PASSES = 5; // over a file of two packets a flow: what begins and ends flows is a small part then

/** The flow table by itself. */
export const flowTable: Contestant = {
  name: 'nano-probe (flow table)',
  passes: TABLE_PASSES,
  command: file => [process.execPath, FLOW_TABLE, file, `${TABLE_PASSES}`],
  result: folder => `${JSON.parse(readFileSync(join(folder, 'stdout'), 'utf8')).flows} flows open at the end`,
  version: probeFlows.version,
};

/** HTTP exchanges only, headers parsed, bodies not kept. */
export const probeHttp = probe(['--l4-switch', '', '--auto-check', '0', '--proto', 'http'], 'exchanges', line =>
  line.includes('"METHOD"'),
);

/** Every protocol's exchanges, headers and bodies. */
export const probeExchanges = probe(['--l4-switch', '', '--auto-check', '1'], 'exchanges', line =>
  line.includes('"L7_PROTOCOL"'),
);

export const softflowd: Contestant = {
  name: 'softflowd -r',
  // `-c none`: with a control socket it now and then waits there for ever when it reads a file.
  // Its records go as NetFlow 9 to the discard port, where nobody listens.
  command: (file, folder) =>
    ['softflowd', '-r', file, '-d', '-6', '-m', MOST_FLOWS, '-v', '9', '-n', '127.0.0.1:9'].concat([
      '-p',
      join(folder, 'pid'),
      '-c',
      'none',
    ]),
  result: folder => `${firstMatch(readFileSync(join(folder, 'stdout'), 'utf8'), /Flows exported: (\d+)/)} flows`,
  version: () => firstMatch(outputOf('softflowd', ['-h']), /version ([\d.]+\d)/),
};

export const nfpcapd: Contestant = {
  name: 'nfpcapd -r',
  command: (file, folder) => ['nfpcapd', '-r', file, '-w', folder],
  result: folder =>
    `${firstMatch(outputOf('nfdump', ['-R', join(folder, nfcapdFile(folder)), '-I']), /^Flows: (\d+)/m)} one-way flows`,
  version: () => firstMatch(outputOf('nfpcapd', ['-V']), /Version: ([^\s,]+)/i),
};

const nfcapdFile = (folder: string): string =>
  outputOf('sh', ['-c', 'cd "$1" && ls | grep ^nfcapd', 'sh', folder]).split('\n')[0] ?? '';

export const argus: Contestant = {
  name: 'argus -r',
  command: (file, folder) => ['argus', '-X', '-r', file, '-w', join(folder, 'flows')],
  result: folder => `${firstMatch(outputOf('racount', ['-X', '-r', join(folder, 'flows')]), /^\s*sum\s+(\d+)/m)} flows`,
  version: () => firstMatch(outputOf('argus', ['-h']), /Version ([\d.]+\d)/),
};

export const tcpdump: Contestant = {
  name: 'tcpdump -r -w /dev/null',
  command: file => ['tcpdump', '-n', '-r', file, '-w', '/dev/null'],
  result: () => 'copies packets',
  version: () => firstMatch(outputOf('tcpdump', ['--version']), /version (\S+)/),
};

export const httpry: Contestant = {
  name: 'httpry',
  command: (file, folder) => ['httpry', '-q', '-r', file, '-o', join(folder, 'log')],
  result: async folder => `${await countLines(join(folder, 'log'), line => line.includes('\t>\t'))} requests`,
  version: () => firstMatch(outputOf('httpry', ['-h']), /version (\S+)/),
};

const TSHARK_FIELDS = [
  'frame.time_epoch',
  'ip.src',
  'ip.dst',
  'ipv6.src',
  'ipv6.dst',
  'tcp.srcport',
  'tcp.dstport',
].concat(['http.request.method', 'http.host', 'http.request.uri', 'http.response.code', 'http.time']);

export const tshark: Contestant = {
  name: 'tshark -T fields',
  command: file => [
    'tshark',
    '-n',
    '-r',
    file,
    '-Y',
    'http',
    '-T',
    'fields',
    ...TSHARK_FIELDS.flatMap(name => ['-e', name]),
  ],
  result: async folder =>
    `${await countLines(join(folder, 'stdout'), line => (line.split('\t')[7] ?? '') !== '')} requests`,
  version: () => firstMatch(outputOf('tshark', ['--version']), /TShark \(Wireshark\) (\S+)/),
};
