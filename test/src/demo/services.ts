// cold. The small real services that the demo watches, on loopback and on ports that happen to be free.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AUTHORITATIVE_ANSWER, decode, encode, type Packet } from 'dns-packet';

/** A running service. */
export interface Service {
  readonly port: number;
  close(): void;
}

const LOOPBACK = '127.0.0.1';

const PAGES: { readonly [path: string]: readonly [status: number, type: string, body: string] } = {
  '/': [200, 'text/html', '<h1>A small shop</h1>'],
  '/orders/42': [200, 'application/json', '{"order":42,"item":"umbrella","paid":true}'],
  '/login': [302, 'text/plain', 'This way, please.'],
};
const MISSING = [404, 'text/plain', 'There is no such page.'] as const;

/** A web shop with very few pages. */
export async function startHttpService(): Promise<Service> {
  const server = createServer((request, response) => {
    const [status, type, body] = PAGES[request.url ?? ''] ?? MISSING;
    request.resume().on('end', () => response.writeHead(status, { 'content-type': type }).end(body));
  });
  server.listen(0, LOOPBACK);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

const NAMES: { readonly [name: string]: string } = {
  'shop.demo.example': '192.0.2.10',
  'mail.demo.example': '192.0.2.25',
};
const NXDOMAIN = 3;

/** A name server that knows two names. */
export async function startDnsService(): Promise<Service> {
  const socket = createSocket('udp4');
  socket.on('message', (query, sender) => {
    const reply = answer(query);
    if (reply !== undefined) socket.send(reply, sender.port, sender.address);
  });
  socket.bind(0, LOOPBACK);
  await once(socket, 'listening');
  return { port: socket.address().port, close: () => socket.close() };
}

function answer(query: Buffer): Buffer | undefined {
  const asked = parse(query);
  const [question] = asked?.questions ?? [];
  if (asked === undefined || question === undefined) return undefined;
  const data = NAMES[question.name.toLowerCase()];
  return encode({
    type: 'response',
    id: asked.id ?? 0,
    flags: AUTHORITATIVE_ANSWER | (data === undefined ? NXDOMAIN : 0),
    questions: [question],
    answers: data === undefined ? [] : [{ type: 'A', name: question.name, ttl: 60, data }],
  });
}

function parse(query: Buffer): Packet | undefined {
  try {
    return decode(query);
  } catch {
    return undefined; // whoever sends no DNS gets no answer
  }
}
