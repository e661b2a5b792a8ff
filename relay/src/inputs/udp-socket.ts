// warm. The socket that datagrams come in on.
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { type Address, explainSystemError, formatAddress, type Log, OperationalError } from '@nanogelf/cli';

/** Room for a second of 10,000 full datagrams while the event loop is busy. */
const RECEIVE_BUFFER_BYTES = 16 * 1024 * 1024;

/** @param take gets each datagram, which is its own from then on, and who sent it
 *  @throws OperationalError when the address cannot be had */
export async function bindUdp(
  address: Address,
  log: Log,
  take: (datagram: Uint8Array, from: RemoteInfo) => void,
): Promise<Socket> {
  const socket = createSocket(isIPv6(address.host) ? 'udp6' : 'udp4');
  try {
    socket.bind(address.port, address.host);
    await once(socket, 'listening');
  } catch (error) {
    throw new OperationalError('ERR_LISTEN', `--listen ${formatAddress(address)}: ${explainSystemError(error)}`);
  }
  askForBuffer(socket, log);
  socket.on('message', take);
  socket.on('error', error => log.error(`receiving: ${explainSystemError(error)}`));
  return socket;
}

/** The kernel gives what net.core.rmem_max allows, and says nothing when that is less. */
function askForBuffer(socket: Socket, log: Log): void {
  socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
  // Linux reports twice what it gives: half of it is for its own bookkeeping.
  const given = socket.getRecvBufferSize() / (process.platform === 'linux' ? 2 : 1);
  if (given >= RECEIVE_BUFFER_BYTES) return;
  log.warn(
    `the receive buffer is ${given} bytes instead of ${RECEIVE_BUFFER_BYTES}, so bursts may be lost; ` +
      `mend with: sysctl -w net.core.rmem_max=${RECEIVE_BUFFER_BYTES}`,
  );
}

/** @returns datagrams that the kernel dropped because the socket's buffer was full; 0 where it does not say.
 *  Source: proc(5), /proc/net/udp; the last column counts drops. */
export function readKernelDrops(port: number): number {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return ['/proc/net/udp', '/proc/net/udp6'].reduce((sum, path) => sum + dropsIn(path, suffix), 0);
}

function dropsIn(path: string, suffix: string): number {
  const rows = readLines(path).map(line => line.trim().split(/\s+/));
  return rows.filter(row => row[1]?.endsWith(suffix)).reduce((sum, row) => sum + Number(row[row.length - 1]), 0);
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch {
    return [];
  }
}
