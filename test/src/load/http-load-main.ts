// cold. A load generator that stops at an exact count, over connections that are kept:
//   node http-load-main.js PORT REQUESTS CONNECTIONS REQUESTS_PER_SECOND
// Each request asks for a path of its own, /r/1 and so on. Ends when each had its answer. 0 a second: as many as go.
import { once } from 'node:events';
import { connect } from 'node:net';

/** What every answer has to end with, and nothing before its end holds. */
const ANSWER_END = ' here\n';

const [port, requests, connections, perSecond] = process.argv.slice(2).map(Number) as [number, number, number, number];
const beginMs = performance.now();
let asked = 0;

/** Waits until it is the next request's turn. */
async function takeTurn(): Promise<void> {
  const dueMs = perSecond === 0 ? 0 : beginMs + (asked / perSecond) * 1000;
  while (performance.now() < dueMs) await new Promise(resolve => setTimeout(resolve, 1));
}

async function visit(): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true }).setEncoding('latin1');
  const ask = async () => {
    await takeTurn();
    if (asked === requests) socket.end();
    else socket.write(`GET /r/${++asked} HTTP/1.1\r\nHost: load.example\r\n\r\n`);
  };
  let answer = '';
  socket.on('data', text => {
    answer += text;
    if (!answer.endsWith(ANSWER_END)) return;
    answer = '';
    void ask();
  });
  await once(socket, 'connect');
  void ask();
  await once(socket, 'close');
  if (answer !== '' || asked < requests) throw new Error(`the server closed early, after ${asked} requests`);
}

await Promise.all(Array.from({ length: connections }, visit));
