// cold. The command line of nano-relay, read and judged.
import { type Address, createProgram, parseAddress, UsageError } from '@nanogelf/cli';
import { Option } from 'commander';
import { defaultRegistryPath } from './registry-file.ts';

export interface RelayOptions {
  readonly listen: Address;
  readonly registry: string;
  readonly outputs: readonly (Address | 'stdout')[];
  readonly state: string;
  readonly clock: 'strict' | 'monotone';
  readonly armor: boolean;
  readonly dropStale: boolean;
  readonly human: boolean | undefined;
  /** 0: no reports. */
  readonly reportIntervalS: number;
}

const EXAMPLES = `
Examples:
  nano-relay --output stdout                                   records as NDJSON, or short lines on a terminal
  nano-relay --output udp://10.0.0.5:12201                     plain GELF on to Graylog or Logstash
  nano-relay --listen udp://[::]:12201 --output udp://localhost:12202 --output stdout
  nano-relay --output stdout | jq 'select(.L7_PROTOCOL == "DNS")'

The registry is made by nano-keys. SIGHUP reads it again, as does any change of the file; SIGUSR1 prints the counters
as one JSON line on stderr; SIGTERM and SIGINT pass on what is queued, save the state and end.
Exit codes: 0 ended by a signal, 1 something failed, 2 the command line is wrong.`;

function parseOutput(text: string, before: readonly (Address | 'stdout')[] = []): readonly (Address | 'stdout')[] {
  return [...before, text === 'stdout' ? text : parseAddress(text, { schemes: ['udp'] })];
}

function parseClock(text: string): RelayOptions['clock'] {
  if (text === 'strict' || text === 'monotone') return text;
  throw new UsageError('ERR_BAD_CLOCK', `--clock "${text}": expected strict or monotone`);
}

function parseSeconds(text: string): number {
  if (/^\d{1,5}$/.test(text)) return Number(text);
  throw new UsageError('ERR_BAD_INTERVAL', `--report-interval "${text}": expected seconds, 0 to 99999`);
}

/** systemd says where state belongs; else it stays beside the registry. */
const defaultState = (registry: string, folder = process.env.STATE_DIRECTORY): string =>
  folder ? `${folder}/relay.state` : `${registry}.state`;

/** @throws UsageError or CommanderError when the command line cannot work */
export function parseOptions(argv: readonly string[]): RelayOptions {
  const program = createProgram('nano-relay', import.meta.url)
    .description('Opens encrypted GELF from many probes and passes it on.')
    .addOption(
      new Option('--listen <address>', 'where envelopes come in')
        .argParser(text => parseAddress(text, { schemes: ['udp'] }))
        .default({ scheme: 'udp', host: '0.0.0.0', port: 12_201 }, 'udp://0.0.0.0:12201'),
    )
    .option('--registry <file>', 'keys of the probes', defaultRegistryPath())
    .requiredOption('--output <where>', 'udp://HOST:PORT or stdout; may be given again', parseOutput)
    .option('--state <file>', 'what must survive a restart; REGISTRY.state unless told')
    .option(
      '--clock <mode>',
      'strict: probes with right clocks; monotone: any that never run back',
      parseClock,
      'strict',
    )
    .option('--drop-stale', 'drop what is authentic but old, instead of tagging it', false)
    .option('--no-armor', 'refuse envelopes as text')
    .option('--human', 'short lines on stdout; default on a terminal')
    .option('--no-human', 'NDJSON on stdout, also on a terminal')
    .option('--report-interval <seconds>', 'a record per probe with what was lost; 0: none', parseSeconds, 60)
    .addHelpText('after', EXAMPLES)
    .parse(argv, { from: 'user' });
  const { output, reportInterval, state, human, ...options } = program.opts();
  return {
    ...options,
    outputs: output,
    reportIntervalS: reportInterval,
    state: state ?? defaultState(options.registry),
    human,
  } as RelayOptions;
}
