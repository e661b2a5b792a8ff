import { expect, test } from '@jest/globals';
import { type Analyzer, PROTOCOLS, type Protocol, STOP } from '@nanogelf/probe';
import { type ReplayOptions, replay, transcriptOf } from '../src/harness/index.ts';

/** Wants bytes that start with its mark. */
function marked(mark: string, open: () => Partial<Analyzer>, more: Partial<Protocol> = {}): Protocol {
  const analyzer: Analyzer = { onData: (_direction, bytes) => bytes.length, onGap: () => true, onClose: () => {} };
  return {
    id: `mark-${mark}`,
    title: mark,
    spec: [],
    transports: ['tcp'],
    ports: [],
    fields: {},
    detect: (_direction, bytes) => (bytes[0] === mark.charCodeAt(0) ? 'yes' : 'no'),
    resync: (_direction, bytes) => bytes.indexOf(mark.charCodeAt(0)),
    open: () => ({ ...analyzer, ...open() }),
    ...more,
  };
}

const options = (...protocols: Protocol[]): ReplayOptions => ({ protocols });

test('catches what an analyzer throws, once, and goes on with the others', () => {
  let calls = 0;
  const broken = marked('b', () => ({
    onData: () => {
      calls += 1;
      throw new Error('a bug of ours');
    },
  }));
  const run = replay(
    transcriptOf([
      [0, 'b1'],
      [0, 'b2'],
    ]),
    options(broken),
  );
  expect(calls).toBe(1);
  expect(run.lastError).toEqual(new Error('a bug of ours'));
  expect(run.stats).toMatchObject({ 'mark-b.thrown': 1, sessions: 0 });
});

test('takes a finding back when the other side speaks otherwise', () => {
  let closed = 0;
  const half = marked('h', () => ({ onClose: () => closed++ }));
  const run = replay(
    transcriptOf([
      [0, 'hello'],
      [1, 'no'],
      [0, 'hello'],
    ]),
    options(half),
  );
  expect(run.stats).toMatchObject({ 'mark-h.retracted': 1 });
  expect(run.titles).toEqual([undefined]);
  expect(closed).toBe(0);
});

test('offers again what was not consumed, with its arrival', () => {
  const offers: string[] = [];
  const slow = marked('s', () => ({
    onData: (_direction, bytes, tsUs, beginUs) => {
      offers.push(`${Buffer.from(bytes)} ${tsUs - 1e15} ${beginUs - 1e15}`);
      return bytes.length < 4 ? 0 : 4;
    },
  }));
  replay(
    transcriptOf([
      [0, 'sa'],
      [0, 'bc'],
      [0, 'sdef12'],
    ]),
    options(slow),
  );
  expect(offers).toEqual(['sa 0 0', 'sabc 1000 0', 'sdef12 2000 2000', '12 2000 2000']);
});

test('counts a gap from the last consumed byte and looks for the next message', () => {
  const seen: (string | number)[] = [];
  const strict = marked('s', () => ({
    onData: (_direction, bytes) => {
      seen.push(Buffer.from(bytes).toString());
      return bytes.length < 3 ? 0 : bytes.length;
    },
    onGap: (_direction, lengthBytes) => {
      seen.push(lengthBytes);
      return false;
    },
  }));
  replay(
    transcriptOf([
      [0, 's1'],
      [0, 10],
      [0, 'xx'],
      [0, 'xs23'],
    ]),
    options(strict),
  );
  expect(seen).toEqual(['s1', 12, 's23']);
});

test('asks a pinned port for nothing else', () => {
  const first = marked('a', () => ({}));
  const second = marked('b', () => ({}));
  const pinned = new Map([[8000, 1]]);
  expect(replay(transcriptOf([[0, 'a']]), { ...options(first, second), pinned }).titles).toEqual(['b']);
});

test('names a conversation by its port where the protocol says so', () => {
  const many = marked('m', () => ({}), { portTitles: { 8000: 'OTHER' } });
  expect(replay(transcriptOf([[0, 'm']]), options(many)).titles).toEqual(['OTHER']);
});

test('waits for a longer prefix, and not for ever', () => {
  const shy = marked('s', () => ({}), { detect: (_direction, bytes) => (bytes.length > 5 ? 'yes' : 'more') });
  const never = marked('n', () => ({}), { detect: () => 'more' });
  expect(
    replay(
      transcriptOf([
        [0, 'abc'],
        [0, 'defg'],
      ]),
      options(shy),
    ).titles,
  ).toEqual(['s']);
  const long = Array.from({ length: 100 }, (): [0, string] => [0, 'x'.repeat(100)]);
  const run = replay(transcriptOf(long), { ...options(never), watchMemory: true });
  expect(run.titles).toEqual([undefined]);
  expect(run.peakBytes).toBeLessThanOrEqual(4096);
});

test('closes an analyzer that says stop', () => {
  let closed = 0;
  const short = marked('s', () => ({ onData: () => STOP, onClose: () => closed++ }));
  const run = replay(
    transcriptOf([
      [0, 's'],
      [0, 's'],
    ]),
    options(short),
  );
  expect(closed).toBe(1);
  expect(run.titles).toEqual(['s']);
});

/** Reads four bytes at a time; at `!` it hands over to the protocol that the rest names, or to any. */
const handing = (mark: string, gift?: unknown): Protocol =>
  marked(mark, () => ({}), {
    open: context => ({
      onData: (_direction, bytes) => {
        if (bytes.length < 4) return 0;
        if (bytes[1] === 0x21) context.handOver(Buffer.from(bytes).toString('latin1', 2, 4).trim() || undefined, gift);
        return 4;
      },
      onGap: () => false,
      onClose: () => {},
    }),
  });

/** Tells of each message, and of whom it inherited from, in records. */
const telling = (mark: string, more: Partial<Protocol> = {}): Protocol =>
  marked(mark, () => ({}), {
    ...more,
    open: context => ({
      onData: (direction, bytes, tsUs) => {
        const { from, gift } = context.inheritance ?? {};
        const summary = `${direction} ${Buffer.from(bytes)} from ${from?.id} with ${gift}`;
        context.emit({ beginUs: tsUs, endUs: tsUs, bytes: bytes.length, summary, fields: {} });
        return bytes.length;
      },
      onGap: () => true,
      onClose: () => {},
    }),
  });

const summariesOf = (turns: Parameters<typeof transcriptOf>[0], run: ReplayOptions): string[] =>
  replay(transcriptOf(turns), run).reported.map(({ exchange }) => exchange.summary);

test('gives what follows a handover to the other protocol, in both directions, with what was left for it', () => {
  const next = telling('n', { id: 'nx', detect: () => 'no' });
  const run = replay(
    transcriptOf([
      [0, 'h123h!nxrest'],
      [1, 'more'],
    ]),
    options(handing('h', 'a gift'), next),
  );
  expect(run.reported.map(({ exchange }) => exchange.summary)).toEqual([
    '0 rest from mark-h with a gift',
    '1 more from mark-h with a gift',
  ]);
  expect(run.reported.map(({ line }) => JSON.parse(line).L7_PROTOCOL)).toEqual(['n', 'n']);
  expect(run.titles).toEqual(['h']);
});

test('gives a successor also what the other direction had said already', () => {
  const next = telling('n', { id: 'nx', detect: () => 'no' });
  const turns: [0 | 1, string][] = [
    [0, 'h12'],
    [1, 'h!nxyou'],
  ];
  expect(summariesOf(turns, options(handing('h'), next))).toEqual([
    '1 you from mark-h with undefined',
    '0 h12 from mark-h with undefined',
  ]);
});

test('finds by content what was handed over without a name, whatever the port is pinned to', () => {
  const run = options(handing('h'), telling('t'), telling('u'));
  const turns: [0 | 1, string][] = [
    [0, 'h!  t'],
    [1, 't'],
  ];
  const expected = ['0 t from undefined with undefined', '1 t from undefined with undefined'];
  expect(summariesOf(turns, { ...run, pinned: new Map([[8000, 0]]) })).toEqual(expected);
});

test('lets a conversation go that is handed over to what nobody looks for', () => {
  let closed = 0;
  const first = marked('h', () => ({}), {
    open: context => ({
      onData: (_direction, bytes) => {
        context.handOver('absent');
        return bytes.length;
      },
      onGap: () => true,
      onClose: () => closed++,
    }),
  });
  const run = replay(
    transcriptOf([
      [0, 'h'],
      [1, 'h'],
    ]),
    options(first),
  );
  expect(closed).toBe(1);
  expect(run.titles).toEqual(['h']);
  expect(run.stats).toMatchObject({ sessions: 0, unread_bytes: 0, held_bytes: 0 });
});

test('goes on looking for a message where a side that was lost is handed over', () => {
  const next = telling('n', { id: 'nx', detect: () => 'no' });
  const turns: [0 | 1, string | number][] = [
    [0, 'h123'],
    [0, 10],
    [1, 'h!nx'],
    [0, 'xxnyy'],
  ];
  expect(summariesOf(turns, options(handing('h'), next))).toEqual(['0 nyy from mark-h with undefined']);
});

test('ends a conversation that two protocols hand to each other for ever', () => {
  const pong = (id: string, to: string): Protocol =>
    marked('p', () => ({}), {
      id,
      open: context => ({
        onData: () => {
          context.handOver(to);
          return 0;
        },
        onGap: () => true,
        onClose: () => {},
      }),
    });
  const run = replay(transcriptOf([[0, 'p']]), options(pong('ping', 'pong'), pong('pong', 'ping')));
  expect(run.stats).toMatchObject({ handovers_full: 1, sessions: 0, unread_bytes: 0 });
});

test('counts conversations beyond its limit', () => {
  const talks = [0, 1].flatMap(() => transcriptOf([]).talks);
  const happenings = [0, 1].flatMap(slot =>
    transcriptOf([[0, 'GET / HTTP/1.1\r\n\r\n']]).happenings.map(one => ({ ...one, slot })),
  );
  const run = replay({ talks, happenings }, { protocols: PROTOCOLS, limits: { sessions: 1 } });
  expect(run.stats.sessions_full).toBe(1);
  expect(run.reported).toHaveLength(1);
});
