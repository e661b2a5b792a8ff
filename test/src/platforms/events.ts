// cold. The events of a Logstash with the plugin, which is the real one; Logstash's own classes are the specs' stand-ins.
import { PLUGIN_FOLDER } from '../jruby/jruby.ts';
import { startScript } from './ruby.ts';

const START_MS = 60_000; // a JVM on a busy machine

export type Event = { readonly [field: string]: unknown };

/** @param send called when the plugin is ready: what was sealed earlier it would refuse. Returns what reaches Logstash
 *  @returns the events, as Logstash's outputs write them */
export async function eventsOf(registry: string, send: () => Promise<readonly Uint8Array[]>): Promise<Event[]> {
  const paths = [`${PLUGIN_FOLDER}/lib`, `${PLUGIN_FOLDER}/spec/support`];
  const program = startScript('events.rb', [registry], paths);
  await program.line(/^ready$/, START_MS);
  for (const datagram of await send()) program.tell(Buffer.from(datagram).toString('base64'));
  program.child.stdin?.end();
  const status = await program.exit();
  if (status !== 0) throw new Error(`events.rb: exit status ${status}: ${program.stderr.slice(-20).join('\n')}`);
  return program.stdout.map(line => JSON.parse(line));
}
