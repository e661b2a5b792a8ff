// cold. `npm run demo -- --seconds N`: real traffic on loopback, captured, sealed, opened, and shown.
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { createProgram, listenForShutdown, OperationalError, runCommand, UsageError } from '@nanogelf/cli';
import { requireCaptureRights } from './rights.ts';
import { openScene, type Scene } from './scene.ts';
import { Screen } from './screen.ts';
import { closing, NEXT_STEPS, opening } from './story.ts';
import { readableIn } from './wire-tap.ts';

const EXPECTED = ['HTTP', 'DNS'];
const SIGHUP_STATUS = 129;

const say = (text: string): void => console.log(text);

function parseSeconds(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new UsageError('ERR_SECONDS', `--seconds "${text}": expected 1 to 999999`);
}

function readSeconds(): number | undefined {
  const program = createProgram('demo', import.meta.url)
    .description('Shows the whole path on real traffic of this machine’s loopback.')
    .option('--seconds <number>', 'ends by itself; default: at Ctrl-C', parseSeconds);
  return program.parse().opts().seconds;
}

/** Until the time is over, or somebody has seen enough. */
async function watch(seconds: number | undefined, stop: AbortSignal): Promise<void> {
  if (stop.aborted) return;
  if (seconds === undefined) await once(stop, 'abort');
  // Not AbortSignal.timeout joined by AbortSignal.any: the garbage collector may take its timer away.
  else await sleep(seconds * 1000, undefined, { signal: stop }).catch(() => {});
}

/** @throws OperationalError when a text that the records hold crossed the wire readable, or none could be looked for */
function checkWire(screen: Screen, { wire }: Scene): void {
  const secrets = [...screen.secrets];
  if (secrets.length === 0) throw new OperationalError('ERR_NO_SECRETS', 'the records hold nothing to look for');
  const readable = readableIn(wire.datagrams, secrets);
  if (readable.length > 0) throw new OperationalError('ERR_PLAINTEXT', `readable on the wire: ${readable.join(', ')}`);
  say(`secret    ${secrets.map(text => `"${text}"`).join(', ')}: in the records, in no datagram`);
}

function checkRecords({ records }: Screen): void {
  const missing = EXPECTED.filter(protocol => !records.has(protocol));
  if (missing.length === 0) return;
  throw new OperationalError('ERR_NO_RECORDS', `no record of ${missing.join(' and ')} arrived`);
}

async function demo(): Promise<undefined> {
  const seconds = readSeconds();
  requireCaptureRights();
  // From here on no signal may end us with children and files left behind.
  const stop = listenForShutdown();
  process.on('SIGHUP', () => process.exit(SIGHUP_STATUS));
  let scene: Scene | undefined;
  const screen = new Screen(say, () => scene?.wire.datagrams ?? []);
  scene = await openScene(record => screen.show(record));
  say(opening(scene));
  await watch(seconds, stop);
  const { visits, wire } = scene;
  const counters = await scene.end();
  const { records, lost } = screen;
  const { requests, queries } = visits;
  say(closing({ ...counters, requests, queries, records, datagrams: wire.passed, lost }));
  checkRecords(screen);
  checkWire(screen, scene);
  say(NEXT_STEPS);
  return undefined;
}

await runCommand('demo', demo);
