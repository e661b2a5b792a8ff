// cold. Between a receiver's tables and the records of its state file.
import type { Kids } from './kids.ts';
import type { Leads } from './leads.ts';
import { SESSIONS_PER_KID, type Sessions, SLOT_EMPTY } from './sessions.ts';
import { parseState, type State, type StateRecord } from './state.ts';

/** @returns undefined for no state, or the empty one of a first start */
export function readState(bytes: Uint8Array | undefined): State | undefined {
  if (bytes === undefined || bytes.length === 0) return undefined;
  const state = parseState(bytes);
  if (state === undefined)
    throw new RangeError(`state: expected what exportState gave, got ${bytes.length} damaged bytes`);
  return state;
}

/** The kid's row must have room in all tables. */
export function restoreRecord(record: StateRecord, kids: Kids, sessions: Sessions, leads: Leads): void {
  const { kid, floor, t0, sid, next, leadMs } = record;
  const row = kids.rowFor(kid);
  kids.floor[row] = floor;
  leads.restore(row, leadMs);
  if (next === 0) return;
  const slot = sessions.place(row);
  sessions.restore(slot, t0, sid, next);
  sessions.aheadMs[slot] = leadMs;
}

/** @returns a record for each live session, and one for each kid that has none but is not to be forgotten */
export function exportRecords(kids: Kids, sessions: Sessions, leads: Leads): StateRecord[] {
  const records: StateRecord[] = [];
  for (let row = 0; row < kids.count; row++) exportRow(row, kids, sessions, leads, records);
  return records;
}

function exportRow(row: number, kids: Kids, sessions: Sessions, leads: Leads, into: StateRecord[]): void {
  const leadMs = leads.export(row, sessions.maxAheadMs(row));
  const kid = kids.kid[row] as number;
  const floor = kids.floor[row] as number;
  const before = into.length;
  for (let slot = row * SESSIONS_PER_KID; slot < (row + 1) * SESSIONS_PER_KID; slot++) {
    if (sessions.slot[slot] === SLOT_EMPTY) continue;
    const [t0, sid, next] = [sessions.t0[slot] as number, sessions.sid[slot] as number, sessions.next[slot] as number];
    into.push({ kid, floor, t0, sid, next, leadMs });
  }
  const isKnown = floor > 0 || leadMs !== Number.NEGATIVE_INFINITY;
  if (into.length === before && isKnown) into.push({ kid, floor, t0: 0, sid: 0, next: 0, leadMs });
}
