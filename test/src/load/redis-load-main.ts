// cold. Pipelined commands at an even pace:
//   node redis-load-main.js PORT COMMANDS COMMANDS_PER_SECOND
// One connection increments one counter, a hundred times per pipeline. Prints the counter's last value.
import { Redis } from 'ioredis';

const PIPELINE = 100;

const [port, commands, perSecond] = process.argv.slice(2).map(Number) as [number, number, number];
const client = new Redis({ port, enableReadyCheck: false, disableClientInfo: true });
const beginMs = performance.now();
const sent: Promise<unknown>[] = [];

for (let asked = 0; asked < commands; asked += PIPELINE) {
  while (performance.now() < beginMs + (asked / perSecond) * 1000) await new Promise(resolve => setTimeout(resolve, 1));
  const pipeline = client.pipeline();
  for (let i = 0; i < PIPELINE; i++) pipeline.incr('counter');
  sent.push(pipeline.exec());
}
await Promise.all(sent);
console.log(await client.get('counter'));
client.disconnect();
