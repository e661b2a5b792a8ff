import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Exchange, type LiveProbe, type LiveScene, makeLiveScene, watchLoopback } from '../src/live/index.ts';
import { root } from '../src/root.ts';
import { RABBITMQ, startRabbitmq } from '../src/servers/rabbitmq.ts';

const PORT = 5680;
const MESSAGES = 1000;
const SHOWN_CHARS = 100;
const { user, password, vhost } = RABBITMQ;
const URL = `amqp://${user}:${password}@127.0.0.1:${PORT}/${vhost}`;
const client = (name: string): string => `${root}test/src/clients/${name}`;

let scene: LiveScene;
beforeAll(async () => {
  scene = makeLiveScene();
  await startRabbitmq(scene.host, scene.folder, PORT);
}, 90_000);
afterAll(() => scene.remove());

const watch = (...options: string[]): Promise<LiveProbe> => watchLoopback(scene.host, scene.folder, options);
const linesOf = (said: string): unknown[][] => said.split('\n').map(line => JSON.parse(line));

const SESSION = /^connection\.|^channel\.open$/;

test('what amqplib published and was given on three channels is told message by message', async () => {
  const probe = await watch();
  const said = linesOf(await scene.host.run('node', [client('amqp-client.mjs'), URL, '7', String(MESSAGES)]));
  const { exchanges } = await probe.finish();
  const messages = exchanges.filter(({ METHOD }) => METHOD === 'basic.publish' || METHOD === 'basic.deliver');
  const told = messages.map(({ CHANNEL, METHOD, ROUTING_KEY, BODY_BYTES, TEXT }) => [
    CHANNEL,
    METHOD,
    ROUTING_KEY,
    BODY_BYTES,
    String(TEXT).slice(0, SHOWN_CHARS),
  ]);
  expect(said).toHaveLength(2 * MESSAGES);
  for (const channel of [1, 2, 3])
    expect(told.filter(([from]) => from === channel)).toEqual(said.filter(([from]) => from === channel));
  const confirmed = messages.filter(({ CHANNEL }) => CHANNEL === 2);
  expect(confirmed.filter(({ RESP, AMQ_RESPONSE }) => RESP !== 1 || AMQ_RESPONSE === undefined)).toEqual([]);
  expect(messages.filter(({ USER, HOST }) => USER !== user || HOST !== vhost)).toEqual([]);
  const deliveries = messages.filter(({ METHOD }) => METHOD === 'basic.deliver');
  expect(deliveries.filter(({ QUEUE, ROUTING_KEY }) => QUEUE !== ROUTING_KEY)).toEqual([]);
});

/** As pika tells it: method, queue or key, text or error. */
const briefly = ({ METHOD, QUEUE, ROUTING_KEY, TEXT, ERR }: Exchange) => [
  METHOD,
  QUEUE ?? ROUTING_KEY ?? null,
  ERR ?? TEXT ?? null,
];

test('what pika did, step by step, is told in its order, with the errors it met', async () => {
  const probe = await watch();
  const said = linesOf(await scene.host.run('/usr/bin/python3', [client('amqp-client.py'), URL]));
  const { exchanges } = await probe.finish();
  expect(exchanges.filter(({ METHOD }) => !SESSION.test(String(METHOD))).map(briefly)).toEqual(said);
  expect(exchanges.filter(({ RESP }) => RESP === 0)).toEqual([]);
});

test('a job sent and fetched by the tools of librabbitmq is told as they print it', async () => {
  const probe = await watch();
  const tools = [
    `amqp-declare-queue -u ${URL} -q tools`,
    `amqp-publish -u ${URL} -r tools -b 'a job for the tools'`,
    `amqp-get -u ${URL} -q tools`,
    `amqp-delete-queue -u ${URL} -q tools`,
  ];
  const said = await scene.host.run('sh', ['-ec', tools.join('; ')]);
  const { exchanges } = await probe.finish();
  const told = exchanges.filter(({ METHOD }) => /^(?:queue|basic)\./.test(String(METHOD)));
  expect(said).toBe('tools\na job for the tools0');
  expect(told.map(briefly)).toEqual([
    ['queue.declare', 'tools', null],
    ['basic.publish', 'tools', 'a job for the tools'],
    ['basic.get', 'tools', 'a job for the tools'],
    ['queue.delete', 'tools', null],
  ]);
});

test('a refused login is told with its reason, and no password is', async () => {
  const probe = await watch();
  const wrong = URL.replace(password, 'wrong-secret');
  await scene.host.run('sh', ['-c', `amqp-get -u ${wrong} -q any; amqp-get -u ${URL} -q any; :`]);
  const { exchanges } = await probe.finish();
  // The client of the refused login hangs up without an answer, so that is told late.
  const inOrder = exchanges.toSorted((a, b) => (String(a.BEGIN_TIME) < String(b.BEGIN_TIME) ? -1 : 1));
  expect(inOrder.filter(({ ERR }) => ERR !== undefined).map(({ METHOD, ERR }) => `${METHOD} ${ERR}`)).toEqual([
    expect.stringMatching(/^connection\.close 403 ACCESS_REFUSED/),
    expect.stringMatching(/^basic\.get 404 NOT_FOUND/),
    expect.stringMatching(/^channel\.close 404 NOT_FOUND/),
  ]);
  const records = JSON.stringify(exchanges);
  expect(records).toContain(user);
  expect(records).not.toMatch(/first-secret|wrong-secret/);
});
