// cold. What is known about each probe's datagrams, as records: loss by sequence numbers, not by guess.
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Delivery } from '@nanogelf/codec';

/** One probe's totals since the relay started. */
export interface ProbeTotals {
  readonly kid: number;
  readonly name: string;
  readonly received: number;
  readonly lost: number;
  readonly late: number;
  readonly duplicated: number;
  readonly replayed: number;
}

/** As long as the id of a probe's record. */
const ID_BYTES = 15;
const COUNTED = ['received', 'lost', 'late', 'duplicated', 'replayed'] as const;

/** Makes one record for each probe that something happened to since the last report. */
export class Reporter {
  readonly #before = new Map<number, ProbeTotals>();

  /** @param nowMs wall clock, for the records' timestamp */
  report(totals: Iterable<ProbeTotals>, nowMs: number): Delivery[] {
    const deliveries: Delivery[] = [];
    for (const total of totals) {
      const since = difference(total, this.#before.get(total.kid));
      if (COUNTED.every(name => since[name] === 0)) continue;
      this.#before.set(total.kid, total);
      deliveries.push({ kind: 'record', record: recordOf(since, nowMs) });
    }
    return deliveries;
  }
}

/** A probe's number of lost datagrams shrinks when a late one comes: then the difference is below 0, and sums stay
 *  right. */
function difference(now: ProbeTotals, before: ProbeTotals | undefined): ProbeTotals {
  const pairs = COUNTED.map(name => [name, now[name] - (before?.[name] ?? 0)]);
  return { ...now, ...Object.fromEntries(pairs) };
}

const recordOf = (since: ProbeTotals, nowMs: number) => ({
  host: hostname(),
  short_message: `${since.name}: ${COUNTED.map(name => `${since[name]} ${name}`).join(', ')}`,
  timestamp: nowMs / 1000,
  level: since.lost > 0 || since.replayed > 0 ? 4 : 6,
  'message-type': 'probe',
  probe: since.name,
  kid: since.kid,
  // Outputs take it as the document's id: without one, a later report would be taken for a copy of the first.
  record_id: randomBytes(ID_BYTES).toString('base64url'),
  ...Object.fromEntries(COUNTED.map(name => [`relay_${name}`, since[name]])),
});
