// cold. Node's own HTTP/2 server in clear text, answering in every shape that tests and fixtures need:
//   node node-http2-main.js PORT
import { constants, createServer, type Http2Stream, type ServerHttp2Stream } from 'node:http2';
import { brotliCompressSync, gzipSync } from 'node:zlib';

const page = `<!doctype html><title>Grüße</title>${'<p>Ein Absatz mit Umlauten: äöüß.</p>'.repeat(60)}`;
const coded: { readonly [coding: string]: Buffer } = { gzip: gzipSync(page), br: brotliCompressSync(page) };

/** By path. */
const answers: { readonly [path: string]: (stream: ServerHttp2Stream, query: URLSearchParams) => void } = {
  '/page': (stream, query) => {
    const coding = query.get('coding') ?? '';
    const headers = { ':status': 200, 'content-type': 'text/html; charset=utf-8' };
    stream.respond(coding === '' ? headers : { ...headers, 'content-encoding': coding });
    stream.end(coded[coding] ?? page);
  },
  '/image': stream => {
    stream.respond({ ':status': 200, 'content-type': 'image/png' });
    stream.end(Buffer.alloc(100_000, 7));
  },
  '/empty': stream => stream.respond({ ':status': 204 }, { endStream: true }),
  '/trailers': stream => {
    stream.respond({ ':status': 200, 'content-type': 'text/plain', trailer: 'x-sum' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': '18' }));
    for (const part of ['first ', 'second ', 'third']) stream.write(part);
    stream.end();
  },
  '/early': stream => {
    stream.additionalHeaders({ ':status': 103, link: '</style.css>; rel=preload' });
    stream.respond({ ':status': 200, 'content-type': 'text/plain' });
    stream.end('after early hints\n');
  },
  '/large-head': stream => {
    // Larger than a frame: the rest comes in CONTINUATION frames.
    const parts = Array.from({ length: 30 }, (_, i) => [
      `x-part-${i}`,
      String.fromCharCode(97 + (i % 26)).repeat(1000),
    ]);
    stream.respond({ ':status': 200, 'content-type': 'text/plain', ...Object.fromEntries(parts) });
    stream.end('large head\n');
  },
  '/push': stream => {
    stream.pushStream({ ':path': '/pushed.css' }, (error, pushed) => {
      if (error !== null) throw error;
      pushed.respond({ ':status': 200, 'content-type': 'text/css' });
      pushed.end('body { color: red }');
    });
    stream.respond({ ':status': 200, 'content-type': 'text/html' });
    stream.end('<link rel=stylesheet href=/pushed.css>');
  },
  '/broken': stream => {
    stream.respond({ ':status': 200, 'content-type': 'text/plain' });
    stream.write('so far');
    setTimeout(() => stream.destroy(new Error('broken')), 50);
  },
  '/refused': stream => stream.close(constants.NGHTTP2_REFUSED_STREAM),
  '/silence': () => {},
  '/away': stream => {
    const { session } = stream;
    stream.respond({ ':status': 200 }, { endStream: true });
    session?.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM, stream.id);
    setTimeout(() => session?.destroy(), 100);
  },
};

function echo(stream: ServerHttp2Stream, method: string, path: string, contentType: string | undefined): void {
  const parts: Buffer[] = [];
  stream.on('data', (part: Buffer) => parts.push(part));
  stream.on('end', () => {
    stream.respond({ ':status': path === '/echo' ? 200 : 404, 'content-type': contentType ?? 'text/plain' });
    stream.end(`${method} ${path} ${Buffer.concat(parts)}`);
  });
}

const ignore = (stream: Http2Stream): Http2Stream => stream.on('error', () => {});

const server = createServer({ paddingStrategy: constants.PADDING_STRATEGY_MAX });
server.on('stream', (stream, headers) => {
  ignore(stream);
  const { pathname, searchParams } = new URL(headers[':path'] ?? '/', 'http://server');
  const answer = answers[pathname];
  if (answer !== undefined) answer(stream, searchParams);
  else echo(stream, headers[':method'] ?? '', pathname, headers['content-type']);
});
server.listen(Number(process.argv[2]), '127.0.0.1', () => console.log('listening'));
