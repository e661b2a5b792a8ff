// cold. amqplib at work on three channels, and what it says it did:
//   node amqp-client.mjs URL SEED MESSAGES
// One channel publishes, one publishes and waits for confirms now and then, one consumes. Prints one line of JSON for each
// message: [channel, method, routing key, length, beginning of the text].
import { connect } from 'amqplib';

const [url, seed, count] = process.argv.slice(2);
const messages = Number(count);
const SHOWN_CHARS = 100;

let state = Number(seed);
/** A small generator: which numbers it gives does not matter, that they are the same each time does. */
const below = n => {
  state = (state * 1103515245 + 12345) % 2 ** 31;
  return state % n;
};

const say = (channel, method, routingKey, text) =>
  console.log(JSON.stringify([channel.ch, method, routingKey, text.length, text.slice(0, SHOWN_CHARS)]));

/** Mostly short; some need several frames. */
const textOf = number => `#${number} ${'text '.repeat(below(20) === 0 ? 60_000 : below(50))}`;

const connection = await connect(url);
const plain = await connection.createChannel();
const sure = await connection.createConfirmChannel();
const consumer = await connection.createChannel();
for (const queue of ['a', 'b']) await plain.assertQueue(queue);

let delivered = 0;
let done = () => {};
const all = new Promise(resolve => {
  done = resolve;
});
for (const queue of ['a', 'b'])
  await consumer.consume(queue, message => {
    say(consumer, 'basic.deliver', message.fields.routingKey, message.content.toString());
    consumer.ack(message);
    delivered += 1;
    if (delivered === messages) done();
  });

for (let number = 0; number < messages; number++) {
  const channel = below(2) === 0 ? plain : sure;
  const routingKey = below(2) === 0 ? 'a' : 'b';
  const text = textOf(number);
  channel.sendToQueue(routingKey, Buffer.from(text), { contentType: 'text/plain' });
  say(channel, 'basic.publish', routingKey, text);
  if (below(10) === 0) await sure.waitForConfirms();
}
await sure.waitForConfirms();
await all;
await connection.close();
