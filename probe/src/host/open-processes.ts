/** cold. Begins to tell processes, where this system and this user's rights allow it. */
import { readFileSync } from 'node:fs';
import type { Log } from '@nanogelf/cli';
import type { FlowTable } from '../flow/table.ts';
import { ProcNet } from './proc-net.ts';
import { Processes } from './processes.ts';
import { SockDiag } from './sock-diag.ts';
import type { SocketTable } from './socket-pair.ts';

/** To list the descriptors of others, and to read what they are. Source: capabilities(7), proc_pid_fd(5) */
const NEEDED = { CAP_DAC_READ_SEARCH: 2, CAP_SYS_PTRACE: 19 };

/** @returns undefined, and says why, when processes cannot be told */
export function openProcesses(flows: FlowTable, log: Log): Processes | undefined {
  if (process.platform !== 'linux') return undefined;
  const missing = missingCapabilities();
  if (missing.length === 0) return new Processes(flows, openSockets());
  log.warn(
    `records will not name processes: that needs ${missing.join(' and ')}: run as root (sudo), or give it once with ` +
      `sudo setcap cap_net_raw,cap_dac_read_search,cap_sys_ptrace+ep ${process.execPath}; process=0 leaves them out`,
  );
  return undefined;
}

function missingCapabilities(): string[] {
  const [, text = '0'] = /^CapEff:\s*([0-9a-f]+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  const effective = BigInt(`0x${text}`);
  return Object.entries(NEEDED).flatMap(([name, bit]) => ((effective >> BigInt(bit)) & 1n ? [] : name));
}

function openSockets(): SocketTable {
  const sockDiag = new SockDiag();
  if (sockDiag.works()) return sockDiag;
  sockDiag.close();
  return new ProcNet();
}
