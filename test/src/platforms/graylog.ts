// cold. Graylog's own classes, which graylog.rb drives: the GELF input's and those that take in a content pack.
import type { Program } from '../hosts/index.ts';
import { root } from '../root.ts';
import { startScript } from './ruby.ts';

const JARS = `${root}node_modules/.cache/graylog`;
const ANSWER_MS = 60_000; // a JVM starts on a busy machine

export interface Dashboard {
  readonly title: string;
  /** Titles of the streams that must be there before it, and of those that its searches read. */
  readonly needs: readonly string[];
  readonly reads: readonly string[];
  /** Class of each widget's configuration. */
  readonly widgets: readonly string[];
  /** As Graylog writes them, in no order. */
  readonly series: readonly string[];
}

/** What a content pack would bring. */
export interface Pack {
  readonly name: string;
  /** Whether this Graylog is what entities ask for; each answer once. */
  readonly constraints: readonly boolean[];
  readonly inputs: readonly { readonly type: string; readonly configuration: object }[];
  readonly streams: readonly string[];
  readonly collectors: readonly object[];
  readonly dashboards: readonly Dashboard[];
}

export interface Message {
  /** As Graylog indexes them. */
  readonly fields: { readonly [field: string]: unknown };
  /** Titles of the pack's streams that it goes to. */
  readonly streams: readonly string[];
}

export interface Refusal {
  readonly error: string;
}

export class Graylog {
  readonly #program: Program = startScript('graylog.rb', [JARS]);

  /** Its streams are then those that messages go to.
   *  @param path of a content pack */
  async install(path: string): Promise<Pack | Refusal> {
    const [answer] = await this.#ask<Pack | Refusal>([`pack ${path}`]);
    if (answer === undefined) throw new Error('graylog.rb gave no answer');
    return answer;
  }

  /** @returns a message for each datagram that completes one, and each refusal */
  async receive(datagrams: readonly Uint8Array[]): Promise<(Message | Refusal)[]> {
    const lines = datagrams.map(datagram => `gelf ${Buffer.from(datagram).toString('base64')}`);
    const answers = await this.#ask<Message | Refusal | null>(lines);
    return answers.filter(answer => answer !== null);
  }

  /** @param indices a pattern, such as `graylog_*`
   *  @returns the template that Graylog itself makes for an index set, in the form that OpenSearch calls legacy */
  async template(indices: string): Promise<object> {
    const [answer = {}] = await this.#ask<object>([`template ${indices}`]);
    return answer;
  }

  /** One at a time. */
  async #ask<T>(lines: readonly string[]): Promise<T[]> {
    const { stdout } = this.#program;
    const before = stdout.length;
    for (const line of lines) this.#program.tell(line);
    const all = () => (stdout.length >= before + lines.length ? stdout.slice(before) : undefined);
    const answers = await this.#program.until(all, `${lines.length} answers`, ANSWER_MS);
    return answers.map(answer => JSON.parse(answer));
  }

  async stop(): Promise<void> {
    await this.#program.stop('SIGKILL'); // it keeps nothing
  }
}
