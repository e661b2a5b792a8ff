import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../src/main.js', import.meta.url));
const sources = fileURLToPath(new URL('../../../src/', import.meta.url));

/** A capture file of real HTTP, as it lies in the protocol's folder. */
export const HTTP_PCAP = `${sources}protocols/http/fixtures/nginx.pcap`;
export const DNS_PCAP = `${sources}protocols/dns/fixtures/udp.pcap`;

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunSettings {
  readonly env?: { readonly [name: string]: string };
  /** Words before the command: setpriv, unshare, ... */
  readonly wrapper?: readonly string[];
  /** Closes our end of its standard output at once. */
  readonly readsNothing?: boolean;
}

/** Runs nano-probe to its end, as an operator would. */
export async function runProbe(args: readonly string[], settings: RunSettings = {}): Promise<Ended> {
  const { env = {}, wrapper = [], readsNothing = false } = settings;
  const [program = '', ...words] = [...wrapper, process.execPath, main, ...args];
  const child = spawn(program, words, { env: { PATH: process.env.PATH, ...env } });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', chunk => out.push(chunk));
  child.stderr.on('data', chunk => err.push(chunk));
  if (readsNothing) child.stdout.destroy();
  const code = await new Promise<number | null>(resolve => child.on('close', resolve));
  return { code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() };
}
