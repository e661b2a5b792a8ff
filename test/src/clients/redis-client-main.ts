// cold. ioredis at work, as applications use it, and what it says it did:
//   node redis-client-main.js PORT SEED ROUNDS
// Each round is one call, one pipeline, one transaction, or many calls at once. Prints one line of JSON per command, in
// the order of its connection: [connection, command and arguments, reply or error].
import { type ChainableCommander, Redis, ReplyError } from 'ioredis';
import { seededRandom } from '../random.ts';

const [port, seed, rounds] = process.argv.slice(2).map(Number) as [number, number, number];
const random = seededRandom(seed);
const below = (n: number): number => Math.floor(random() * n);

type Command = readonly [name: string, ...args: string[]];
type Reply = string | number | null | readonly Reply[] | Error;

const COMMANDS: readonly (() => Command)[] = [
  () => ['set', `key${below(9)}`, `value${below(1e6)}`],
  () => ['get', `key${below(12)}`],
  () => ['incr', `counter${below(3)}`],
  () => ['lpush', `list${below(3)}`, `a${below(1e6)}`, `b${below(1e6)}`],
  () => ['lrange', `list${below(3)}`, '0', '3'],
  () => ['incr', `list${below(3)}`],
  () => ['mget', `key${below(9)}`, `key${below(12)}`],
];
const someCommand = (): Command => (COMMANDS[below(COMMANDS.length)] ?? (() => ['ping'] as const))();
const someCommands = (): Command[] => Array.from({ length: 1 + below(20) }, someCommand);

/** As the probe shows it. */
function shown(reply: Reply): string {
  if (reply instanceof Error) return reply.message;
  if (reply === null) return '(nil)';
  return Array.isArray(reply) ? `[${reply.map(shown).join(', ')}]` : String(reply);
}

function say(connection: number, command: Command, reply: Reply): void {
  console.log(JSON.stringify([connection, command.join(' '), shown(reply)]));
}

const call = (client: Redis, [name, ...args]: Command): Promise<Reply> =>
  (client.call(name, ...args) as Promise<Reply>).catch((error: Error) => {
    if (error instanceof ReplyError) return error;
    throw error;
  });

async function one(client: Redis, connection: number): Promise<void> {
  const command = someCommand();
  say(connection, command, await call(client, command));
}

async function atOnce(client: Redis, connection: number): Promise<void> {
  const commands = someCommands();
  const replies = await Promise.all(commands.map(command => call(client, command)));
  for (const [i, command] of commands.entries()) say(connection, command, replies[i] ?? null);
}

function add(chain: ChainableCommander, [name, ...args]: Command): void {
  chain.call(name, ...args);
}

async function pipeline(client: Redis, connection: number): Promise<void> {
  const commands = someCommands();
  const chain = client.pipeline();
  for (const command of commands) add(chain, command);
  const results = (await chain.exec()) ?? [];
  for (const [i, command] of commands.entries()) say(connection, command, replyOf(results[i]));
}

async function transaction(client: Redis, connection: number): Promise<void> {
  const commands = someCommands();
  const chain = client.multi();
  for (const command of commands) add(chain, command);
  const results = (await chain.exec()) ?? [];
  say(connection, ['multi'], 'OK');
  for (const command of commands) say(connection, command, 'QUEUED');
  const replies = results.map(replyOf);
  const told = replies.map(reply => (reply instanceof Error ? `(error) ${shown(reply)}` : shown(reply)));
  say(connection, ['exec'], `[${told.join(', ')}]`);
}

const replyOf = (result: readonly [Error | null, unknown] | undefined): Reply =>
  (result?.[0] ?? result?.[1] ?? null) as Reply;

async function work(connection: number): Promise<void> {
  const client = new Redis({ port, enableReadyCheck: false, disableClientInfo: true });
  const kinds = [one, atOnce, pipeline, transaction];
  for (let round = 0; round < rounds; round++) await (kinds[below(kinds.length)] ?? one)(client, connection);
  client.disconnect();
}

await Promise.all([0, 1, 2].map(work));
