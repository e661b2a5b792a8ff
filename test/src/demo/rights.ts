// cold. Whether this process may capture.
import { readFileSync } from 'node:fs';
import { OperationalError } from '@nanogelf/cli';

const CAP_NET_RAW = 13; // its bit. Source: capabilities(7), linux/capability.h

/** @throws OperationalError with the command that has the right to capture */
export function requireCaptureRights(): void {
  if (process.platform !== 'linux')
    throw new OperationalError('ERR_SYSTEM', 'needs Linux: nano-probe captures from its ring here');
  if (hasCapability(CAP_NET_RAW)) return;
  const command = ['sudo', process.execPath, ...process.argv.slice(1)].join(' ');
  throw new OperationalError('ERR_RIGHTS', `no right to capture (root or CAP_NET_RAW); run: ${command}`);
}

function hasCapability(bit: number): boolean {
  const [, effective = '0'] = /^CapEff:\s*([0-9a-f]+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return ((BigInt(`0x${effective}`) >> BigInt(bit)) & 1n) === 1n;
}
