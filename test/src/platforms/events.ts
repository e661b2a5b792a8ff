// cold. The events of a Logstash that runs one of the examples. Its plugin is the real one; Logstash's own classes are the
// specs' stand-ins, its filters are those of filters.rb.
import { readFileSync } from 'node:fs';
import { PLUGIN_FOLDER } from '../jruby/jruby.ts';
import { type Plugin, parsePipeline } from '../logstash/index.ts';
import { root } from '../root.ts';
import { startScript } from './ruby.ts';

const START_MS = 60_000; // a JVM on a busy machine

export type Event = { readonly [field: string]: unknown };

interface Sent {
  readonly datagrams: readonly Uint8Array[];
  /** What comes by another input of the same pipeline. */
  readonly events?: readonly Event[];
}

/** @param example path of a pipeline under examples/ that has the codec
 *  @param send called when the plugin is ready: what was sealed earlier it would refuse
 *  @returns the events, as Logstash's outputs write them */
export async function eventsOf(example: string, registry: string, send: () => Promise<Sent>): Promise<Event[]> {
  const paths = [`${PLUGIN_FOLDER}/lib`, `${PLUGIN_FOLDER}/spec/support`];
  const program = startScript('events.rb', [registry, JSON.stringify(pipelineOf(example))], paths);
  await program.line(/^ready$/, START_MS);
  const { datagrams, events = [] } = await send();
  for (const datagram of datagrams) program.tell(Buffer.from(datagram).toString('base64'));
  for (const event of events) program.tell(JSON.stringify(event));
  program.child.stdin?.end();
  const status = await program.exit();
  if (status !== 0) throw new Error(`events.rb: exit status ${status}: ${program.stderr.slice(-20).join('\n')}`);
  return program.stdout.map(line => JSON.parse(line));
}

function pipelineOf(example: string): object {
  const plugins = parsePipeline(readFileSync(`${root}examples/${example}`, 'utf8'));
  const [codec, input] = ['nano_decrypt', 'udp'].map(name => plugins.find(plugin => plugin.name === name));
  if (codec === undefined || input === undefined)
    throw new Error(`${example} has no codec nano_decrypt in an input udp`);
  const filters = plugins.filter(({ section, isCodec }) => section === 'filter' && !isCodec);
  const told = filters.map(filter => ({
    name: filter.name,
    conditions: filter.conditions,
    options: optionsOf(filter),
  }));
  return { input: optionsOf(input), codec: optionsOf(codec), filters: told };
}

/** Booleans are words in a pipeline. */
const optionsOf = ({ attributes }: Plugin): object =>
  Object.fromEntries(
    attributes.map(([name, value]) => [name, value === 'true' || (value === 'false' ? false : value)]),
  );
