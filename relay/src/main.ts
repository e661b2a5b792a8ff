#!/usr/bin/env node
// cold. nano-relay: opens encrypted GELF and passes it on.
import { once } from 'node:events';
import { createLog, formatAddress, listenForShutdown, runCommand } from '@nanogelf/cli';
import { parseOptions } from './options.ts';
import { type Relay, startRelay } from './relay.ts';

/** Not through the log, which holds repeated lines back: each question gets its answer. */
function printCounters(relay: Relay): void {
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), counters: relay.counters() })}\n`);
}

await runCommand('nano-relay', async () => {
  const options = parseOptions(process.argv.slice(2));
  const log = createLog();
  const shutdown = listenForShutdown();
  const relay = await startRelay(options, log);
  process.on('SIGHUP', () => relay.reload());
  process.on('SIGUSR1', () => printCounters(relay));
  // Only now: until here SIGHUP would end the process, and SIGUSR1 start Node's inspector.
  log.info(`listening on ${options.listens.map(formatAddress).join(', ')}`);
  if (!shutdown.aborted) await once(shutdown, 'abort');
  await relay.close();
  printCounters(relay);
  log.flush();
  return undefined;
});
