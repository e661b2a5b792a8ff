// cold. Node's own HTTP/2 client. Asks one after the other, or all at once, and says what it was answered:
//   node node-http2-main.js PORT one|all PATH...
// A path that starts with `+` is posted to, with itself as body; with `!` it is given up after a moment; `-` waits for a line
// on standard input. For each stream one line of JSON.
import { once } from 'node:events';
import { type ClientHttp2Session, connect, constants, type IncomingHttpHeaders } from 'node:http2';

/** What became of a stream. */
export interface Outcome {
  readonly stream: number;
  readonly method: string;
  readonly path: string;
  readonly status?: number;
  readonly bodyBytes: number;
  readonly body: string;
  readonly trailers: { readonly [name: string]: string };
  /** The code of RST_STREAM, when it ended so. */
  readonly code: number;
}

const GIVE_UP_MS = 100;

async function ask(session: ClientHttp2Session, target: string): Promise<Outcome> {
  const [isPost, isGivenUp] = [target.startsWith('+'), target.startsWith('!')];
  const path = isPost || isGivenUp ? target.slice(1) : target;
  const method = isPost ? 'POST' : 'GET';
  const stream = session.request({ ':method': method, ':path': path, 'user-agent': 'node', 'x-common': 'the same' });
  const parts: Buffer[] = [];
  const seen: { status?: number } = {};
  const trailers: { [name: string]: string } = {};
  stream.on('response', headers => Object.assign(seen, { status: headers[':status'] }));
  stream.on('trailers', (headers: IncomingHttpHeaders) => {
    for (const [name, value] of Object.entries(headers)) trailers[name] = String(value);
  });
  stream.on('data', part => parts.push(part));
  stream.on('error', () => {});
  stream.end(isPost ? path : undefined);
  if (isGivenUp) setTimeout(() => stream.close(constants.NGHTTP2_CANCEL), GIVE_UP_MS);
  await new Promise(resolve => stream.on('close', resolve));
  const body = Buffer.concat(parts);
  const code = stream.rstCode;
  const id = stream.id ?? 0;
  return { stream: id, method, path, ...seen, bodyBytes: body.length, body: body.toString('latin1'), trailers, code };
}

const [port = '', manner = '', ...paths] = process.argv.slice(2);
const session = connect(`http://127.0.0.1:${port}`, { paddingStrategy: constants.PADDING_STRATEGY_MAX });
session.on('error', () => {});
session.on('stream', pushed => pushed.on('error', () => {}).resume());
const say = (outcome: Outcome): void => console.log(JSON.stringify(outcome));
if (manner === 'all') for (const outcome of await Promise.all(paths.map(path => ask(session, path)))) say(outcome);
else
  for (const path of paths) {
    if (path === '-') await once(process.stdin, 'data');
    else say(await ask(session, path));
  }
session.close();
process.stdin.destroy();
