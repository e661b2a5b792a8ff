// Every folder under probe/src/protocols is tried like this, unasked; its fixtures are all that it brings.
import { describe, expect, test } from '@jest/globals';
import { type OutputRecord, PROTOCOLS, type Protocol } from '@nanogelf/probe';
import {
  crumbled,
  type Fixture,
  fixturesOf,
  gaps,
  golden,
  lateStarts,
  loadProtocols,
  mutated,
  noisy,
  oneSide,
  probeFile,
  type Reported,
  type Run,
  replay,
  saysLess,
  splits,
  type Transcript,
  truncations,
  turnedRound,
} from '../src/harness/index.ts';
import { seededRandom } from '../src/random.ts';

const folders = await loadProtocols();
const all = [...folders.values()];

const linesOf = (run: Run): string[] => run.reported.map(({ line }) => line);

/** Nothing was thrown, and everything was given back. */
function expectCalm(run: Run): void {
  expect(run.lastError).toBeUndefined();
  expect(run.stats).toMatchObject({ sessions: 0, unread_bytes: 0, held_bytes: 0 });
}

/** In a summary `?` stands for a request that was not seen and `-` for an answer that was not. */
const isUnpaired = ({ exchange }: Reported): boolean => /(?:^| )[?-](?: |$)/.test(exchange.summary);

/** ` *` at its end says that a part of the exchange was told in bytes that were not seen: that part may be missing. */
const MARK = ' *';
const isMarked = ({ exchange }: Reported): boolean => exchange.summary.endsWith(MARK);
const withoutMark = (summary: string): string => (summary.endsWith(MARK) ? summary.slice(0, -MARK.length) : summary);

/** No exchange joins a request with another one's answer. */
function expectNoMispair(run: Run, whole: Run): void {
  const known = new Set(whole.reported.map(({ exchange }) => exchange.summary));
  const isKnown = (summary: string) => known.has(summary) || known.has(withoutMark(summary));
  const wrong = run.reported.filter(one => !isUnpaired(one) && !isKnown(one.exchange.summary));
  expect(wrong.map(({ exchange }) => exchange.summary)).toEqual([]);
}

const placeOf = ({ slot, exchange }: Reported): string => `${slot} ${exchange.beginUs}`;

/** What was not touched is reported as if nothing had happened, or is marked, or lacks what was said before and missed. */
function expectKept(run: Run, whole: Run, isUntouched: (one: Reported) => boolean): void {
  const lines = new Set(linesOf(run));
  const marked = new Set(run.reported.filter(isMarked).map(placeOf));
  const records = run.reported.map(({ line }): OutputRecord => JSON.parse(line));
  const isKept = (one: Reported) =>
    lines.has(one.line) || marked.has(placeOf(one)) || records.some(record => saysLess(record, JSON.parse(one.line)));
  const missing = whole.reported.filter(one => isUntouched(one) && !isKept(one));
  expect(missing.map(({ line }) => line)).toEqual([]);
}

/** What clients and servers say to each other, beyond what they ask for: `auto-check=0` leaves it out. */
const CONTENTS = ['REQ_BODY', 'RSP_BODY', 'PARAMS', 'RES', 'TEXT', 'NOTIFY_PAYLOAD'];

const withoutAddresses = ({ SRC_IP: _src, DST_IP: _dst, ...rest }: OutputRecord): OutputRecord => rest;

/** Who is the client in each conversation, where the two ports differ (two mDNS speakers are equals). */
const clientsOf = (run: Run): string[] =>
  run.clients.filter(({ srcPort, dstPort }) => srcPort !== dstPort).map(({ src, srcPort }) => `${src} ${srcPort}`);

/** Exchanges of one conversation that overlap each other in time, as pipelined ones do, with when they began and ended.
 *  After a loss among them nobody can tell which answer was lost. */
function burstOf(whole: Run, one: Reported): { beginUs: number; endUs: number } {
  let { beginUs, endUs } = one.exchange;
  const others = whole.reported.filter(({ slot }) => slot === one.slot);
  for (let grows = true; grows; ) {
    const touching = others.filter(({ exchange }) => exchange.beginUs <= endUs && exchange.endUs >= beginUs);
    const wider = {
      beginUs: Math.min(...touching.map(({ exchange }) => exchange.beginUs)),
      endUs: Math.max(...touching.map(({ exchange }) => exchange.endUs)),
    };
    grows = wider.beginUs < beginUs || wider.endUs > endUs;
    ({ beginUs, endUs } = wider);
  }
  return { beginUs, endUs };
}

/** In mid-stream the first answer may be to a request that was missed: one must have passed by before pairing is sure. */
const isSettled = ({ talks, happenings }: Transcript, slot: number, tsUs: number): boolean =>
  talks[slot]?.midStream === false ||
  happenings.some(one => one.slot === slot && one.direction === 1 && one.tsUs < tsUs);

test('every protocol folder but the template is registered', () => {
  const registered = new Set(PROTOCOLS);
  expect(all.filter(protocol => !registered.has(protocol))).toEqual([folders.get('_template')]);
});

for (const [folder, protocol] of folders) {
  describe(folder, () => {
    for (const fixture of fixturesOf(folder)) describe(fixture.name, () => tryFixture(fixture, protocol));
  });
}

function tryFixture(fixture: Fixture, protocol: Protocol): void {
  const { transcript } = fixture;
  const run = (damaged: Transcript, watchMemory = false) => replay(damaged, { protocols: all, watchMemory });
  const whole = run(transcript);

  test('says where it came from', () => {
    expect(fixture.origin).not.toBe('');
  });

  test('gives its golden records', () => {
    expect(linesOf(whole)).toEqual(golden(fixture, linesOf(whole)));
    expectCalm(whole);
  });

  if (PROTOCOLS.includes(protocol))
    test('gives the same through the whole probe', () => {
      const fields = linesOf(whole).map(line => withoutAddresses(JSON.parse(line)));
      const records = probeFile(fixture.path);
      for (const expected of fields) expect(records).toContainEqual(expect.objectContaining(expected));
      expect(records).toHaveLength(fields.length);
    });

  test('tells no contents where only headers are asked for', () => {
    const bare = replay(transcript, { protocols: all, bodies: false });
    expect(bare.reported).toHaveLength(whole.reported.length);
    const told = new Set(bare.reported.flatMap(({ exchange }) => Object.keys(exchange.fields)));
    expect(CONTENTS.filter(name => told.has(name))).toEqual([]);
    expectCalm(bare);
  });

  test('gives the same records however the stream is cut', () => {
    for (const split of splits(transcript)) expect(linesOf(run(split))).toEqual(linesOf(whole));
    expect(linesOf(run(crumbled(transcript))).sort()).toEqual(linesOf(whole).sort());
  });

  test('pairs right when it ends anywhere', () => {
    for (const truncated of truncations(transcript)) {
      const cut = run(truncated);
      expectCalm(cut);
      expectNoMispair(cut, whole);
    }
  });

  test('loses no more than what a gap touches', () => {
    for (const { transcript: damaged, slot, tsUs } of gaps(transcript)) {
      const gapped = run(damaged);
      expectCalm(gapped);
      expectNoMispair(gapped, whole);
      expectKept(gapped, whole, one => {
        const { beginUs, endUs } = burstOf(whole, one);
        return one.slot !== slot || beginUs > tsUs || endUs < tsUs;
      });
    }
  });

  test('makes what it can of one side', () => {
    for (const direction of [0, 1] as const) {
      const half = run(oneSide(transcript, direction));
      expectCalm(half);
      expect(half.reported.every(isUnpaired)).toBe(true);
    }
  });

  test('finds its way in from the middle', () => {
    for (const late of lateStarts(transcript)) {
      const begunUs = late.happenings[0]?.tsUs ?? 0;
      const rest = run(late);
      expectCalm(rest);
      expectNoMispair(rest, whole);
      expectKept(rest, whole, one => {
        const { beginUs } = burstOf(whole, one);
        return beginUs > begunUs && isSettled(late, one.slot, beginUs);
      });
    }
  });

  test('tells the client from the server', () => {
    const turned = run(turnedRound(transcript));
    expectNoMispair(turned, whole);
    expect(clientsOf(turned)).toEqual(clientsOf(whole));
  });

  test('stands damaged bytes and noise within its memory', () => {
    const random = seededRandom(transcript.happenings.length);
    const below = (n: number) => Math.floor(random() * n);
    for (let round = 0; round < 200; round++) {
      const damaged = run((round % 2 === 0 ? mutated : noisy)(transcript, below));
      expectCalm(damaged);
    }
  });

  test('keeps to the limits it is given', () => {
    const limits = { unreadBytes: 4096, unreadTotalBytes: 8192, heldBytes: 2048, heldTotalBytes: 4096, sessions: 3 };
    const tight = replay(crumbled(transcript), { protocols: all, limits, watchMemory: true });
    expectCalm(tight);
    expect(tight.peakBytes).toBeLessThanOrEqual(limits.unreadTotalBytes + limits.heldTotalBytes);
    expectNoMispair(tight, whole);
  });

  test('is taken for nothing else', () => {
    const others = all.filter(other => other !== protocol);
    expect(replay(transcript, { protocols: others }).titles.filter(title => title !== undefined)).toEqual([]);
    expect(whole.titles).not.toContain(undefined);
  });
}
