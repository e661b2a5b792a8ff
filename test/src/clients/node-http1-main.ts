// cold. Node's own HTTP/1 clients. One line of JSON for each exchange, in its order:
//   node node-http1-main.js PORT fetch|http|form|pipeline|socket TARGET...
// `fetch` gets each target; `http` too, over one connection that is kept: `+` posts what follows it, `!` waits for 100 Continue
// before; `form` posts a form of several parts; `pipeline` asks for all at once; `socket` opens a WebSocket (with `?deflate`
// compressed) and says what it sent and received; `chat` does with less.
import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { WebSocket } from 'ws';

/** What became of a request. */
export interface Outcome {
  readonly status: number;
  readonly body: string;
  readonly trailer?: string | undefined;
}

/** What a WebSocket carried, as its client counts. */
export interface Chat {
  readonly sent: number;
  readonly received: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

const [portText = '', manner = '', ...targets] = process.argv.slice(2);
const port = Number(portText);
const origin = `http://127.0.0.1:${port}`;
const say = (outcome: Outcome | Chat): void => console.log(JSON.stringify(outcome));

async function fetchOne(target: string, init: RequestInit = {}): Promise<Outcome> {
  const response = await fetch(origin + target, init);
  return { status: response.status, body: await response.text() };
}

const agent = new Agent({ keepAlive: true, maxSockets: 1 });

async function ask(target: string): Promise<Outcome> {
  const [isPost, waits] = [/^[+!]/.test(target), target.startsWith('!')];
  const path = isPost ? target.slice(1) : target;
  const headers = waits ? { Expect: '100-continue', 'Content-Length': path.length } : {};
  const asking = request({
    port,
    agent,
    host: '127.0.0.1',
    path: isPost ? '/echo' : path,
    method: isPost ? 'POST' : 'GET',
    headers,
  });
  const answer = once(asking, 'response');
  if (waits) {
    asking.flushHeaders();
    await once(asking, 'continue');
  }
  asking.end(isPost ? path : undefined);
  const [response]: IncomingMessage[] = await answer;
  if (response === undefined) throw new Error(`${target}: no response`);
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part);
  const trailer = response.trailers['x-sum'];
  return { status: response.statusCode ?? 0, body: Buffer.concat(parts).toString('latin1'), trailer };
}

function form(): FormData {
  const fields = new FormData();
  fields.set('user', 'jürgen');
  fields.set('password', 'hunter2');
  fields.set('photo', new Blob([Buffer.alloc(200_000, 7)], { type: 'image/png' }), 'me.png');
  return fields;
}

async function pipeline(): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  const asks = targets.map(target => `GET ${target} HTTP/1.1\r\nHost: pipe.example\r\n`);
  socket.write(`${asks.join('\r\n')}Connection: close\r\n\r\n`);
  let text = '';
  for await (const part of socket) text += part;
  for (const answer of text.split(/(?=HTTP\/1\.1 \d)/)) {
    const [head = '', body = ''] = answer.split('\r\n\r\n', 2);
    say({ status: Number(head.slice(9, 12)), body });
  }
}

/** @param longLength of its second message, which is sent in two fragments */
async function chat(target: string, longLength: number): Promise<Chat> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${target}`, { perMessageDeflate: target.endsWith('?deflate') });
  const messages = ['hello', 'x'.repeat(longLength), '', 'ä'.repeat(100), 'bye'];
  const seen = { received: 0, receivedBytes: 0 };
  await once(socket, 'open');
  socket.on('message', data => {
    seen.received += 1;
    seen.receivedBytes += Buffer.from(data as Buffer).length;
    if (seen.received === messages.length) socket.close(1000, 'done');
  });
  for (const [at, text] of messages.entries()) {
    if (at === 2) socket.ping('are you there');
    // In two fragments, of which a control frame may come between.
    if (at === 1) socket.send(text.slice(0, longLength / 2), { fin: false });
    if (at === 1) socket.ping();
    socket.send(at === 1 ? text.slice(longLength / 2) : text);
  }
  await once(socket, 'close');
  const sentBytes = messages.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  return { sent: messages.length, sentBytes, ...seen };
}

if (manner === 'pipeline') await pipeline();
if (manner === 'form') say(await fetchOne('/echo', { method: 'POST', body: form() }));
for (const target of targets) {
  if (manner === 'fetch') say(await fetchOne(target));
  if (manner === 'http') say(await ask(target));
  if (manner === 'socket') say(await chat(target, 70_000));
  if (manner === 'chat') say(await chat(target, 1000));
}
agent.destroy();
