// warm. What the server sends unasked, and how RESP2 shows it: as lists that look like replies.
// Source: https://redis.io/docs/latest/develop/pubsub
import type { ReplySink } from './reply.ts';
import { ARRAY, PUSH, SIMPLE_STRING } from './resp.ts';

/** Messages by kind, with the elements of their list. */
const MESSAGES: ReadonlyMap<string, number> = new Map([
  ['message', 3],
  ['pmessage', 4],
  ['smessage', 3],
]);
/** Confirmations by kind, with the count that they change. */
const CONFIRMATIONS: ReadonlyMap<string, 'channels' | 'patterns' | 'shards'> = new Map([
  ['subscribe', 'channels'],
  ['unsubscribe', 'channels'],
  ['psubscribe', 'patterns'],
  ['punsubscribe', 'patterns'],
  ['ssubscribe', 'shards'],
  ['sunsubscribe', 'shards'],
]);
/** What a subscriber of RESP2 may send besides. */
const ALLOWED = new Set(['PING', 'QUIT', 'RESET']);
/** A command that another client sent: `1700000000.123456 [0 127.0.0.1:50000] "get" "a"`. */
export const MONITOR_LINE = /^\d{9,}\.\d{6} \[\d+ [^\]]*\] /;

export const isMessage = (kind: string): boolean => MESSAGES.has(kind);
export const isConfirmation = (kind: string): boolean => CONFIRMATIONS.has(kind);

/** How many subscriptions a connection has. */
export class Subscriptions {
  /** False where some may have been missed. */
  #areKnown: boolean;
  #counts = { channels: 0, patterns: 0, shards: 0 };

  /** @param areKnown it has none, and all will be seen */
  constructor(areKnown: boolean) {
    this.#areKnown = areKnown;
  }

  /** @param areKnown it has none; otherwise nothing is known */
  reset(areKnown: boolean): void {
    this.#areKnown = areKnown;
    this.#counts = { channels: 0, patterns: 0, shards: 0 };
  }

  get isEmpty(): boolean {
    const { channels, patterns, shards } = this.#counts;
    return channels + patterns + shards === 0;
  }

  /** @param total channels and patterns, or shard channels, after it */
  confirm(kind: string, total: number): void {
    const which = CONFIRMATIONS.get(kind);
    if (which === 'shards') this.#counts.shards = total;
    else if (which === 'channels') this.#counts.channels = Math.max(0, total - this.#counts.patterns);
    else this.#counts.patterns = Math.max(0, total - this.#counts.channels);
  }

  /** @returns how many confirmations come if all of the kind are given up; Infinity when that is not known */
  confirmationsOfAll(kind: string): number {
    return this.#areKnown ? Math.max(1, this.#counts[CONFIRMATIONS.get(kind) ?? 'channels']) : Number.POSITIVE_INFINITY;
  }

  /** @param waiting how many commands wait for replies
   *  @param next command whose reply comes next, if that is sure
   *  @returns `message`, `subscribe`, `invalidate`, `monitor` …; undefined for an ordinary reply */
  kindOf(reply: ReplySink, waiting: number, next: string | undefined): string | undefined {
    if (reply.type === PUSH) return reply.heads[0] ?? 'push';
    if (reply.type === SIMPLE_STRING) return MONITOR_LINE.test(reply.text) ? 'monitor' : undefined;
    const kind = reply.heads[0];
    if (reply.type !== ARRAY || kind === undefined) return undefined;
    if (MESSAGES.get(kind) === reply.count && this.#isSubscriber(waiting, next)) return kind;
    const confirms = isConfirmation(kind) && reply.count === 3 && /^\d+$/.test(reply.heads[2] ?? '');
    return confirms && (waiting === 0 || next === kind.toUpperCase()) ? kind : undefined;
  }

  #isSubscriber(waiting: number, next = ''): boolean {
    return waiting === 0 || !this.isEmpty || isConfirmation(next.toLowerCase()) || ALLOWED.has(next);
  }
}
