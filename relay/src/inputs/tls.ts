// warm. GELF over TLS: from another relay, or from Logstash's output-tcp with json_lines.
import { once } from 'node:events';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { type Address, explainSystemError, formatAddress, type Log, OperationalError } from '@nanogelf/cli';
import type { Counters } from '../counters.ts';
import type { Output } from '../outputs/output.ts';
import { deliver } from '../pipeline.ts';
import { loadIdentity, type TlsFiles } from '../tls/identity.ts';
import { ACKNOWLEDGED_PROTOCOL, Acknowledger, MessageCutter } from '../tls/messages.ts';
import type { Input } from './input.ts';

const NAME = 'tls';
/** Far more than there are sites that send to one relay; each may hold one unfinished message. */
const MAX_CONNECTIONS = 256;
const HANDSHAKE_MS = 10_000;
/** A peer whose machine is gone is noticed after this. */
const KEEP_ALIVE_MS = 30_000;

/** @param files with `ca`, only clients with a certificate of that authority are taken
 *  @throws OperationalError for certificates or an address that cannot be used */
export async function openTls(
  address: Address,
  files: TlsFiles,
  outputs: readonly Output[],
  counters: Counters,
  log: Log,
): Promise<Input> {
  const mutual = files.ca !== undefined;
  const server = createServer({
    ...loadIdentity(files),
    requestCert: mutual,
    rejectUnauthorized: mutual,
    handshakeTimeout: HANDSHAKE_MS,
    ALPNCallback: ({ protocols }) => (protocols.includes(ACKNOWLEDGED_PROTOCOL) ? ACKNOWLEDGED_PROTOCOL : protocols[0]),
  });
  server.maxConnections = MAX_CONNECTIONS;
  const sockets = new Set<TLSSocket>();
  server.on('secureConnection', socket => {
    counters.add(`${NAME}.connections`);
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    receive(socket, outputs, counters, log);
  });
  server.on('tlsClientError', (error: NodeJS.ErrnoException) => {
    counters.add(`${NAME}.refused.${error.code ?? error.name}`);
    log.warn(`a TLS client was refused: ${error.code ?? error.message}`);
  });
  server.on('drop', () => counters.add(`${NAME}.refused.connections_full`));
  await listen(server, address);
  if (!mutual) log.warn(`${formatAddress(address)} takes messages of anybody; with --tls-ca only of that authority's`);
  return {
    reload: () => reload(server, files, log),
    counters: () => ({ [`${NAME}.open_connections`]: sockets.size }),
    close: () => close(server, sockets),
  };
}

async function listen(server: Server, { host, port, scheme }: Address): Promise<void> {
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    const where = formatAddress({ host, port, scheme });
    throw new OperationalError('ERR_LISTEN', `--listen ${where}: ${explainSystemError(error)}`);
  }
}

function receive(socket: TLSSocket, outputs: readonly Output[], counters: Counters, log: Log): void {
  const cutter = new MessageCutter();
  const acknowledger = socket.alpnProtocol === ACKNOWLEDGED_PROTOCOL ? new Acknowledger(socket) : undefined;
  let taken = 0;
  const take = (datagram: Uint8Array): void => {
    taken += 1;
    deliver(outputs, { kind: 'datagram', datagram, origin: undefined });
  };
  socket.setKeepAlive(true, KEEP_ALIVE_MS);
  socket.on('error', error => log.warn(`a TLS connection broke: ${explainSystemError(error)}`));
  socket.on('data', (bytes: Buffer) => {
    const [before, tooLongBefore] = [taken, cutter.tooLong];
    cutter.push(bytes, take);
    counters.add(`${NAME}.messages`, taken - before);
    counters.add(`${NAME}.dropped.too_long`, cutter.tooLong - tooLongBefore);
    acknowledger?.tell(taken + cutter.tooLong);
  });
}

function reload(server: Server, files: TlsFiles, log: Log): void {
  try {
    server.setSecureContext(loadIdentity(files));
    log.info('certificates read');
  } catch (error) {
    log.error(`the certificates are bad, the last good ones stay: ${(error as Error).message}`);
  }
}

async function close(server: Server, sockets: ReadonlySet<TLSSocket>): Promise<void> {
  server.close();
  // What the peer has written and was not acknowledged, it keeps.
  for (const socket of sockets) socket.destroy();
}
