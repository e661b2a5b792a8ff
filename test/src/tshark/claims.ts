// cold. What tshark says of an exchange beside what our record says of it.
import type { Layer } from './pdml.ts';

type Record = { readonly [field: string]: unknown };

export interface Claim {
  /** Tells the exchanges of a conversation apart; those with the same name are taken in their order. */
  readonly name: string;
  /** By our names for the fields; undefined: the record must not have the field. */
  readonly facts: Record;
}

/** Reads tshark's layers of one protocol as exchanges. */
export interface Judge {
  /** tshark's names of the protocols whose layers it reads. */
  readonly layers: readonly string[];
  /** @param layers of one conversation */
  claims(layers: readonly Layer[]): Claim[];
  /** The name that a claim for this record would have; undefined: tshark has no word on such records. */
  nameOf(record: Record): string | undefined;
  /** Brings what our record says into tshark's form, where that says less. */
  view?(record: Record): Record;
  /** @returns what alone tshark reads, where that is too little to judge the conversation; else undefined */
  unread?(layers: readonly Layer[]): string | undefined;
}

export interface Verdict {
  /** A line for each thing in which the two differ. */
  readonly lines: readonly string[];
  readonly claims: readonly Claim[];
}

/** @param layers those that the judge reads */
export function verdictOf(judge: Judge, layers: readonly Layer[], records: readonly Record[]): Verdict {
  const talks = grouped(layers, ({ talk }) => talk);
  const ours = grouped(
    records.filter(record => judge.nameOf(record) !== undefined),
    talkOf,
  );
  const names = new Set([...talks.keys(), ...ours.keys()]);
  const verdicts = [...names].map(talk => verdictOfTalk(judge, talks.get(talk) ?? [], ours.get(talk) ?? []));
  return { lines: verdicts.flatMap(({ lines }) => lines), claims: verdicts.flatMap(({ claims }) => claims) };
}

function verdictOfTalk(judge: Judge, layers: readonly Layer[], records: readonly Record[]): Verdict {
  const unread = judge.unread?.(layers);
  if (unread !== undefined) return { lines: [`a conversation is not judged: tshark reads ${unread}`], claims: [] };
  const claims = judge.claims(layers);
  const [theirs, ours] = [grouped(claims, ({ name }) => name), grouped(records, record => `${judge.nameOf(record)}`)];
  const names = new Set([...theirs.keys(), ...ours.keys()]);
  const lines = [...names].flatMap(name => compared(name, theirs.get(name) ?? [], ours.get(name) ?? [], judge));
  return { lines, claims };
}

const talkOf = ({ SRC_PORT, DST_PORT }: Record): string => `${SRC_PORT} ${DST_PORT}`;

function compared(name: string, claims: readonly Claim[], records: readonly Record[], judge: Judge): string[] {
  if (claims.length !== records.length) return [`${name}: tshark has ${claims.length}, we have ${records.length}`];
  return claims.flatMap(({ facts }, index) => {
    const record = judge.view?.(records[index] ?? {}) ?? records[index] ?? {};
    const wrong = Object.keys(facts).filter(field => !agree(text(facts[field]), text(record[field])));
    return wrong.map(field => `${name}: ${field}: tshark says ${text(facts[field])}, we say ${text(record[field])}`);
  });
}

const REDACTED = '[redacted]';

/** What we replaced by design stands for any text. */
function agree(claim: string, ours: string): boolean {
  if (!ours.includes(REDACTED)) return claim === ours;
  const pattern = ours
    .split(REDACTED)
    .map(part => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
    .join('.*');
  return new RegExp(`^${pattern}$`, 's').test(claim);
}

const text = (value: unknown): string => JSON.stringify(value) ?? 'nothing';

function grouped<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
