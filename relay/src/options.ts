// cold. The command line of nano-relay, read and judged.
import { type Address, createProgram, parseAddress, UsageError } from '@nanogelf/cli';
import { defaultRegistryPath } from './registry-file.ts';
import type { TlsFiles } from './tls/identity.ts';

export interface RelayOptions {
  readonly listens: readonly Address[];
  readonly registry: string;
  readonly outputs: readonly (Address | 'stdout')[];
  readonly state: string;
  readonly clock: 'strict' | 'monotone';
  readonly armor: boolean;
  readonly dropStale: boolean;
  readonly human: boolean | undefined;
  /** 0: no reports. */
  readonly reportIntervalS: number;
  readonly tls: TlsFiles;
  readonly delimiter: '\0' | '\n';
  /** Of each tls output, while its link is down. */
  readonly bufferBytes: number;
}

const EXAMPLES = `
Examples:
  nano-relay --output stdout                                   records as NDJSON, or short lines on a terminal
  nano-relay --output udp://10.0.0.5:12201                     plain GELF on to Graylog or Logstash
  nano-relay --listen udp://[::]:12201 --output udp://localhost:12202 --output stdout
  nano-relay --output stdout | jq 'select(.L7_PROTOCOL == "DNS")'
  nano-relay --listen gelf+udp://127.0.0.1:12202 --output tls://central:12203 --tls-ca ca.pem --tls-cert a.pem --tls-key a.key
  nano-relay --listen tls://0.0.0.0:12203 --output udp://localhost:12202 --tls-ca ca.pem --tls-cert b.pem --tls-key b.key

--listen takes udp:// for envelopes, gelf+udp:// for GELF in clear on a port of its own, tls:// for GELF over TLS.
The registry is made by nano-keys. SIGHUP reads it and the certificates again, as does any change of the registry; SIGUSR1 prints the counters
as one JSON line on stderr; SIGTERM and SIGINT pass on what is queued, save the state and end.
Exit codes: 0 ended by a signal, 1 something failed, 2 the command line is wrong.`;

function parseOutput(text: string, before: readonly (Address | 'stdout')[] = []): readonly (Address | 'stdout')[] {
  return [...before, text === 'stdout' ? text : parseAddress(text, { schemes: ['udp', 'tls'] })];
}

const parseListen = (text: string, before: readonly Address[] = []): readonly Address[] => [
  ...before,
  parseAddress(text, { schemes: ['udp', 'gelf+udp', 'tls'] }),
];

function parseDelimiter(text: string): RelayOptions['delimiter'] {
  if (text === 'nul') return '\0';
  if (text === 'newline') return '\n';
  throw new UsageError('ERR_BAD_DELIMITER', `--tls-delimiter "${text}": expected nul or newline`);
}

function parseMegabytes(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  throw new UsageError('ERR_BAD_BUFFER', `--tls-buffer "${text}": expected megabytes, 1 to 99999`);
}

function parseClock(text: string): RelayOptions['clock'] {
  if (text === 'strict' || text === 'monotone') return text;
  throw new UsageError('ERR_BAD_CLOCK', `--clock "${text}": expected strict or monotone`);
}

function parseSeconds(text: string): number {
  if (/^\d{1,5}$/.test(text)) return Number(text);
  throw new UsageError('ERR_BAD_INTERVAL', `--report-interval "${text}": expected seconds, 0 to 99999`);
}

const DEFAULT_LISTEN: Address = { scheme: 'udp', host: '0.0.0.0', port: 12_201 };

/** systemd says where state belongs; else it stays beside the registry. */
const defaultState = (registry: string, folder = process.env.STATE_DIRECTORY): string =>
  folder ? `${folder}/relay.state` : `${registry}.state`;

/** @throws UsageError or CommanderError when the command line cannot work */
export function parseOptions(argv: readonly string[]): RelayOptions {
  const program = createProgram('nano-relay', import.meta.url)
    .description('Opens encrypted GELF from many probes and passes it on.')
    .option('--listen <address>', 'udp:// (envelopes), gelf+udp:// or tls://HOST:PORT; may be given again', parseListen)
    .option('--registry <file>', 'keys of the probes', defaultRegistryPath())
    .requiredOption('--output <where>', 'udp://HOST:PORT, tls://HOST:PORT or stdout; may be given again', parseOutput)
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
    .option('--tls-cert <file>', 'our certificate, in PEM')
    .option('--tls-key <file>', 'its key, in PEM')
    .option(
      '--tls-ca <file>',
      "whose certificates are believed; a tls:// listener then takes only that authority's clients",
    )
    .option(
      '--tls-delimiter <byte>',
      'what ends a message: nul (GELF over TCP) or newline (json_lines)',
      parseDelimiter,
      '\0',
    )
    .option('--tls-buffer <MB>', 'kept for each tls:// output while its link is down', parseMegabytes, 64)
    .option('--report-interval <seconds>', 'a record per probe with what was lost; 0: none', parseSeconds, 60)
    .addHelpText('after', EXAMPLES)
    .parse(argv, { from: 'user' });
  const { output, listen, reportInterval, state, human, tlsCert, tlsKey, tlsCa, tlsDelimiter, tlsBuffer, ...options } =
    program.opts();
  const tls = Object.fromEntries(
    Object.entries({ cert: tlsCert, key: tlsKey, ca: tlsCa }).filter(([, path]) => path !== undefined),
  );
  const listens: readonly Address[] = listen ?? [DEFAULT_LISTEN];
  checkTls(listens, tls);
  return {
    ...options,
    listens,
    outputs: output,
    reportIntervalS: reportInterval,
    state: state ?? defaultState(options.registry),
    human,
    tls,
    delimiter: tlsDelimiter,
    bufferBytes: tlsBuffer * 1024 * 1024,
  } as RelayOptions;
}

function checkTls(listens: readonly Address[], { cert, key }: TlsFiles): void {
  if ((cert === undefined) !== (key === undefined)) {
    throw new UsageError('ERR_TLS', '--tls-cert and --tls-key belong together: only one of them was given');
  }
  if (cert === undefined && listens.some(({ scheme }) => scheme === 'tls')) {
    throw new UsageError('ERR_TLS', '--listen tls:// needs --tls-cert and --tls-key');
  }
}
