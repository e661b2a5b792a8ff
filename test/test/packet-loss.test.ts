// For one capture of each protocol, each packet is left out in turn, and what is left goes through the whole probe.
import { readFileSync, statSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { PROTOCOLS } from '@nanogelf/probe';
import {
  type Copy,
  type Fixture,
  fixturesOf,
  saysLess,
  type Told,
  tellWithEachPacketOut,
} from '../src/harness/index.ts';

/** The largest capture below this: the time that it takes grows with its square. */
const LIMIT_BYTES = 30_000;

/** In a summary `?` stands for a request that was not seen, `-` for an answer that was not, ` *` for parts that were not. */
const isMarked = ({ summary, fields }: Told): boolean =>
  /(?:^| )[?*-](?: |$)/.test(summary) || (Array.isArray(fields.ERR) && fields.ERR.includes('lost_bytes'));
/** What waits behind a gap is read when the gap is known for one: a beginning or an end may be told later than it was. */
const isThere = (one: Told, whole: Told): boolean =>
  one.ports === whole.ports && (one.beginUs === whole.beginUs || one.endUs === whole.endUs);

/** What a session said once, in the packet that is missing, may be missing later too. */
const isKept = (one: Told, whole: Told): boolean =>
  isThere(one, whole) && (isMarked(one) || saysLess(one.fields, whole.fields));

/** Exchanges of one conversation that overlap in time, and with them the beginning of the conversation: after a loss among
 *  them nobody can tell which one was hit. */
function isTouched(one: Told, whole: Copy, lost: Copy['lost']): boolean {
  if (lost === undefined || one.ports !== lost.ports) return false;
  const inside = whole.told.filter(({ ports }) => ports === lost.ports);
  const firstUs = Math.min(...inside.map(({ beginUs }) => beginUs));
  let { beginUs, endUs } = one;
  for (let before = -1; before !== endUs - beginUs; ) {
    before = endUs - beginUs;
    const touching = inside.filter(other => other.beginUs <= endUs && other.endUs >= beginUs);
    beginUs = Math.min(...touching.map(other => other.beginUs));
    endUs = Math.max(...touching.map(other => other.endUs));
  }
  return lost.tsUs <= endUs && (lost.tsUs >= beginUs || beginUs === firstUs);
}

const goldenCount = ({ goldenPath }: Fixture): number => readFileSync(goldenPath, 'utf8').trimEnd().split('\n').length;

describe.each(PROTOCOLS.map(({ id }) => id))('%s', id => {
  const bySize = fixturesOf(id).sort((one, other) => statSync(other.path).size - statSync(one.path).size);
  const fixture = bySize.find(({ path }) => statSync(path).size < LIMIT_BYTES);
  if (fixture === undefined) throw new Error(`${id}: no capture`);
  const copies = tellWithEachPacketOut(fixture.path);
  const [whole, ...damaged] = copies;
  if (whole === undefined) throw new Error(`${id}: no capture`);

  test('tells as many exchanges of the whole capture as the golden records do', () => {
    expect(whole.told).toHaveLength(goldenCount(fixture));
  });

  test('pairs nothing wrongly when a packet is missing', () => {
    const known = new Set(whole.told.map(({ ports, summary }) => `${ports} ${summary}`));
    const wrong = damaged.flatMap(({ told }) =>
      told.filter(one => !isMarked(one) && !known.has(`${one.ports} ${one.summary}`)),
    );
    expect(wrong.map(({ summary }) => summary)).toEqual([]);
  });

  test('tells the exchanges that a missing packet does not touch as if nothing were missing', () => {
    for (const { lost, told } of damaged) {
      const untouched = whole.told.filter(one => !isTouched(one, whole, lost));
      const missing = untouched.filter(one => !told.some(other => isKept(other, one)));
      expect(missing.map(one => ({ lost, ...one }))).toEqual([]);
    }
  });
});
