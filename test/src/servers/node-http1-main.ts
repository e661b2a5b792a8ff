// cold. Node's own HTTP/1 server, a proxy for CONNECT, and a WebSocket server, on one port:
//   node node-http1-main.js PORT
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { WebSocketServer } from 'ws';

const PAGE = `<!doctype html><title>Grüße</title>${'<p>Ein Absatz mit Umlauten: äöüß.</p>'.repeat(20)}`;
const CODED: { readonly [coding: string]: Buffer } = {
  gzip: gzipSync(PAGE),
  deflate: deflateSync(PAGE),
  raw: deflateRawSync(PAGE),
  br: brotliCompressSync(PAGE),
  'gzip, br': brotliCompressSync(gzipSync(PAGE)),
};

type Answer = (request: IncomingMessage, response: ServerResponse, query: URLSearchParams) => void;

const answers: { readonly [path: string]: Answer } = {
  '/page': (_request, response, query) => {
    const coding = query.get('coding') ?? '';
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    if (coding !== '') response.setHeader('Content-Encoding', coding.replace('raw', 'deflate'));
    response.end(CODED[coding] ?? PAGE);
  },
  '/latin1': (_request, response) => {
    response.setHeader('Content-Type', 'text/plain; charset=iso-8859-1');
    response.end(Buffer.from('Grüße', 'latin1'));
  },
  '/chunks': (_request, response) => {
    response.setHeader('Trailer', 'X-Sum');
    response.setHeader('Content-Type', 'text/plain');
    for (const part of ['first ', 'second ', 'third']) response.write(part);
    response.addTrailers({ 'X-Sum': '18' });
    response.end();
  },
  '/empty': (_request, response) => response.writeHead(204).end(),
  '/unchanged': (_request, response) => response.writeHead(304, { ETag: '"1"' }).end(),
  '/image': (_request, response) => response.setHeader('Content-Type', 'image/png').end(Buffer.alloc(3000, 7)),
  '/early': (_request, response) => {
    response.writeEarlyHints({ link: '</style.css>; rel=preload' });
    response.end('after early hints\n');
  },
  '/close': (_request, response) => {
    response.useChunkedEncodingByDefault = false;
    response.setHeader('Connection', 'close');
    response.write('until ');
    response.end('the end\n');
  },
  '/count': (request, response) => {
    let bytes = 0;
    request.on('data', (part: Buffer) => {
      bytes += part.length;
    });
    request.on('end', () => response.end(`${bytes} bytes\n`));
  },
};

function echo(request: IncomingMessage, response: ServerResponse): void {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    response.statusCode = request.url === '/echo' ? 200 : 404;
    response.setHeader('Content-Type', 'text/plain');
    response.end(`${request.method} ${request.url} ${Buffer.concat(parts).length}`);
  });
}

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://server');
  (answers[pathname] ?? echo)(request, response, searchParams);
});
server.on('connect', (request, socket, head) => {
  const { hostname, port } = new URL(`http://${request.url}`);
  const inner = connect(Number(port), hostname, () => {
    socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    inner.write(head);
    inner.pipe(socket).pipe(inner);
  });
  inner.on('error', () => socket.destroy());
  socket.on('error', () => inner.destroy());
});
new WebSocketServer({ server, perMessageDeflate: { threshold: 0 } }).on('connection', peer => {
  peer.on('message', (data, isBinary) => peer.send(data, { binary: isBinary }));
});
server.listen(Number(process.argv[2]), '127.0.0.1', () => console.log('listening'));
