// What the scenario files hold.
import { deflateSync } from 'node:zlib';
import { Script, START_MS, type Step, T0 } from './scenario.ts';
import { type Draft, LOW_ORDER, MASTER_KID, PSK_KID, SEALED_KID, twinSeal, u8 } from './twin.ts';

const body = Buffer.from('{"version":"1.1","host":"web-1","short_message":"hello"}');
const psk = (seq: number, rest: Partial<Draft> = {}): Draft => ({ kid: PSK_KID, suite: 1, t0: T0, seq, body, ...rest });
const sealed = (seq: number, rest: Partial<Draft> = {}): Draft => ({
  kid: SEALED_KID,
  suite: 2,
  t0: T0,
  seq,
  body,
  ...rest,
});
const SUITES = { psk, sealed };
const eachSuite = (make: (name: string, draft: typeof psk) => void) =>
  Object.entries(SUITES).forEach(([name, draft]) => {
    make(name, draft);
  });
const at = (s: number) => START_MS + s * 1000;

/** @returns the reason for a datagram with one bit changed, where no session is live; told from the layout alone */
function reasonOfFlip(suite: 1 | 2, bit: number): string {
  const byte = bit >> 3;
  if (byte === 0) return 'magic';
  if (byte === 1) return bit % 8 < 4 ? 'suite' : 'version';
  if (byte < 6) return 'unknown_key';
  if (byte < 10) return reasonOfT0(suite, (T0 ^ (1 << (8 * (9 - byte) + (bit % 8)))) >>> 0);
  if (byte < 14) return suite === 1 ? 'auth' : 'mac1';
  if (byte === 14 && bit % 8 === 7) return 'sequence';
  if (byte < 24) return 'auth';
  return suite === 2 && byte < 64 ? 'mac1' : 'auth';
}

function reasonOfT0(suite: 1 | 2, t0: number): string {
  if (t0 > T0 + 300) return 'session_future';
  if (t0 < T0 - 3_900) return 'session_old';
  return suite === 1 ? 'auth' : 'mac1';
}

/** Bit 0 is the lowest bit of byte 0. */
export function damageScript(): Script {
  const script = new Script();
  const short = Buffer.from('{"a":1}');
  eachSuite((name, draft) => {
    const suite = name === 'psk' ? 1 : 2;
    const datagram = twinSeal(draft(0, { body: short, padTo: 16 }));
    const whole = script.opened(draft(0, { body: short, padTo: 16 }));
    const flips: Step[] = Array.from({ length: datagram.length * 8 }, (_, flipBit) => ({
      nowMs: START_MS,
      datagram: script.add(datagram),
      flipBit,
      expect: reasonOfFlip(suite, flipBit),
    }));
    script.scenario(`${name}: every bit changed, then the whole datagram`, [...flips, whole]);
    const smallest = suite === 1 ? 47 : 87;
    const cuts: Step[] = Array.from({ length: datagram.length }, (_, cutTo) => ({
      nowMs: START_MS,
      datagram: script.add(datagram),
      cutTo,
      expect: cutTo < smallest ? 'short' : 'auth',
    }));
    script.scenario(`${name}: every truncation, then the whole datagram`, [...cuts, whole]);
  });
  const proof: Step[] = Array.from({ length: 320 }, (_, bit) => ({
    nowMs: START_MS,
    datagram: script.add(twinSeal(sealed(1))),
    flipBit: 192 + bit,
    expect: 'mac1',
  }));
  script.scenario('sealed: every bit of E and mac1 changed within a live session', [
    script.opened(sealed(0)),
    ...proof,
    script.opened(sealed(1)),
  ]);
  return script;
}

export function contentScript(): Script {
  const script = new Script();
  const { opened, refused } = bind(script);
  eachSuite((name, draft) => {
    script.scenario(`${name}: types, lengths and padding that are right`, [
      opened(draft(0)),
      opened(draft(1, { type: 0, body: Buffer.alloc(0) })),
      opened(draft(2, { type: 2, padTo: 128 })),
      opened(draft(3, { type: 0x11, body: deflateSync(body) }), START_MS, { body, type: 1 }),
      opened(draft(4, { type: 0x12, body: deflateSync(Buffer.alloc(262_144)) }), START_MS, {
        body: Buffer.alloc(262_144),
        type: 2,
      }),
      opened(draft(5, { body: Buffer.alloc(0), dms: 4 }), START_MS + 4),
    ]);
    script.scenario(`${name}: types that do not exist`, [
      ...[4, 5, 15, 0x10, 0x13, 0x21, 0x41, 0x81, 0x14].map((type, seq) =>
        refused(draft(seq, { type, body: Buffer.alloc(0) }), 'type'),
      ),
    ]);
    script.scenario(`${name}: lengths and padding that are wrong`, [
      refused(draft(0, { len: body.length + 1 }), 'body_length'),
      refused(draft(0, { len: 0xffff, padTo: 128 }), 'body_length'),
      refused(draft(0, { type: 0 }), 'body_length'),
      refused(draft(0, { tail: u8(1) }), 'padding'),
      refused(draft(0, { tail: Buffer.from([0, 0, 0, 0x80]) }), 'padding'),
      refused(draft(0, { len: body.length - 1 }), 'padding'),
      opened(draft(0)),
    ]);
    script.scenario(`${name}: deflated bodies that are wrong`, [
      refused(draft(0, { type: 0x11 }), 'inflate'),
      refused(draft(1, { type: 0x11, body: Buffer.concat([deflateSync(body), u8(0)]) }), 'inflate'),
      refused(draft(2, { type: 0x11, body: deflateSync(body).subarray(0, -1) }), 'inflate'),
      refused(draft(3, { type: 0x12, body: deflateSync(Buffer.alloc(262_145)) }), 'inflate'),
      refused(draft(4, { type: 0x11, body: deflateSync(body, { dictionary: body }) }), 'inflate'),
      refused(draft(4, { type: 0x11, body: deflateSync(body) }), 'duplicate'),
    ]);
  });
  return script;
}

const bind = (script: Script) => ({ opened: script.opened.bind(script), refused: script.refused.bind(script) });

export function keysScript(): Script {
  const script = new Script();
  const { opened, refused } = bind(script);
  script.scenario('each kid opens what its own key sealed', [
    opened(psk(0)),
    opened(psk(0, { kid: MASTER_KID })),
    opened(sealed(0)),
  ]);
  script.scenario(
    'kids that no registry can hold, or this one does not',
    [0, 0xffffffff, 1, PSK_KID + 1].map(kid => refused(psk(0, { kid }), 'unknown_key')),
  );
  script.scenario('a suite that is not the kid’s', [
    refused(psk(0, { kid: SEALED_KID }), 'wrong_suite'),
    refused(sealed(0, { kid: PSK_KID }), 'wrong_suite'),
  ]);
  const only = (name: string, registry: string, steps: Step[]) => script.scenario(name, steps, { registry });
  only('a revoked kid', 'revoked', [refused(psk(0), 'revoked'), opened(sealed(0))]);
  only('a tombstone without its key', 'tombstone', [refused(psk(0), 'revoked')]);
  only('before not_before', 'later', [refused(psk(0), 'not_yet_valid', at(10) - 1), opened(psk(0), at(10))]);
  only('after not_after', 'earlier', [opened(psk(0), at(10) - 1), refused(psk(1), 'expired', at(10))]);
  only('a probe key of low order', 'low-order', [refused(sealed(0), 'low_order')]);
  only('another key', 'rekeyed', [refused(psk(0), 'auth')]);
  const low = [LOW_ORDER, Buffer.alloc(32), Buffer.concat([u8(1), Buffer.alloc(31)])];
  script.scenario(
    'an ephemeral key of low order under a right mac1',
    low.map(E => refused(sealed(0, { E }), 'low_order')),
  );
  script.scenario('a registry that changes keeps windows and floors', [
    opened(psk(0)),
    { registry: 'revoked' },
    refused(psk(1), 'revoked'),
    { registry: 'without' },
    refused(psk(1), 'unknown_key'),
    { registry: 'default' },
    refused(psk(0), 'duplicate'),
    opened(psk(1)),
    { registry: 'rekeyed' },
    { registry: 'default' },
    refused(psk(2), 'floor'),
    opened(psk(0, { t0: T0 + 1 })),
  ]);
  script.scenario('a kid that was away while the receiver’s key changed has lost its sessions', [
    opened(sealed(0)),
    { registry: 'moved-without' },
    { registry: 'moved' },
    refused(sealed(1), 'floor'),
    refused(sealed(0, { t0: T0 + 1 }), 'mac1'),
    { registry: 'default' },
    opened(sealed(0, { t0: T0 + 1 })),
  ]);
  return script;
}

export function orderScript(): Script {
  const script = new Script();
  const { opened, refused } = bind(script);
  eachSuite((name, draft) => {
    const kid = name === 'psk' ? PSK_KID : SEALED_KID;
    script.scenario(`${name}: a window of 1,024`, [
      opened(draft(0)),
      refused(draft(0), 'duplicate'),
      opened(draft(1_024)),
      refused(draft(0), 'replay'),
      opened(draft(1)),
      refused(draft(1), 'duplicate'),
      opened(draft(1_023)),
      opened(draft(5_000)),
      refused(draft(1_024), 'replay'),
      refused(draft(5_000 - 1_024), 'replay'),
      opened(draft(5_000 - 1_023)),
      { stats: [{ kid, received: 6, lost: 4_995, late: 3, duplicated: 2, replayed: 3 }] },
    ]);
    script.scenario(`${name}: the last sequence number, and the one that cannot be`, [
      refused(draft(0x80000000), 'sequence'),
      refused(draft(0xffffffff), 'sequence'),
      opened(draft(0x7fffffff)),
    ]);
    const session = (n: number, seq = 0) => draft(seq, { t0: T0 + n, sid: n });
    script.scenario(`${name}: four sessions live; a fifth ends the oldest, whose time then is the floor`, [
      ...[10, 12, 11, 13].map(n => opened(session(n), at(13))),
      refused(session(9), 'floor', at(13)),
      refused(draft(0, { t0: T0 + 10, sid: 99 }), 'floor', at(13)),
      opened(session(10, 1), at(13)),
      opened(session(14), at(14)),
      refused(session(10, 2), 'floor', at(14)),
      opened(session(11, 1), at(14)),
      refused(draft(0, { t0: T0 + 11, sid: 99 }), 'floor', at(14)),
      opened(draft(0, { t0: T0 + 12, sid: 99 }), at(14)),
      refused(session(11, 2), 'floor', at(14)),
      opened(session(12, 1), at(14)),
    ]);
    script.scenario(`${name}: nothing changes before the tag is right`, [
      opened(draft(0)),
      ...[1, 2_000, 0x7fffffff].map<Step>(seq => ({
        nowMs: START_MS,
        datagram: script.add(twinSeal(draft(seq))),
        flipBit: 8 * twinSeal(draft(seq)).length - 1,
        expect: 'auth',
      })),
      opened(draft(1)),
      refused(draft(1), 'duplicate'),
    ]);
  });
  script.scenario(
    'two datagrams a second',
    [
      opened(psk(0)),
      opened(psk(1)),
      refused(psk(2), 'rate_packets'),
      refused(psk(2), 'duplicate'),
      opened(psk(3), at(1)),
    ],
    { packetsPerSecond: 2 },
  );
  const lenBytes = twinSeal(psk(0)).length;
  script.scenario(
    'bytes of two datagrams a second',
    [
      opened(psk(0)),
      opened(psk(1)),
      refused(psk(2), 'rate_bytes'),
      opened(psk(3), START_MS + 500),
      refused(psk(4), 'rate_bytes', START_MS + 500),
    ],
    { bytesPerSecond: 2 * lenBytes },
  );
  return script;
}

export function timeScript(): Script {
  const script = new Script();
  const { opened, refused } = bind(script);
  const early = { startedAtMs: at(-100_000) };
  script.scenario(
    'strict: when a new session may have started',
    [
      refused(psk(0, { t0: T0 + 301 }), 'session_future'),
      opened(psk(0, { t0: T0 + 300 })),
      refused(psk(0, { t0: T0 - 3_901, sid: 2 }), 'session_old'),
      opened(psk(0, { t0: T0 - 3_900, sid: 2, dms: 3_900_000 })),
    ],
    early,
  );
  script.scenario(
    'strict: a live session outlives the bounds, its messages do not become young',
    [
      opened(psk(0)),
      opened(psk(1, { dms: 3_600_000 }), at(3_600)),
      opened(psk(2, { dms: 3_600_000 }), at(4_000), { stale: true }),
    ],
    early,
  );
  script.scenario(
    'strict: send times',
    [
      refused(psk(0, { dms: 300_001 }), 'future'),
      opened(psk(0, { dms: 300_000 })),
      opened(psk(1, { t0: T0 - 300, sid: 2 })),
      opened(psk(2, { t0: T0 - 300, sid: 2 }), START_MS + 1, { stale: true }),
    ],
    early,
  );
  script.scenario(
    'stale messages dropped',
    [opened(psk(0)), refused(psk(1), 'stale', START_MS + 300_001), opened(psk(1, { dms: 1 }), START_MS + 300_001)],
    { dropStale: true },
  );
  script.scenario('strict: sent before the start', [
    refused(psk(0, { t0: T0 - 1, dms: 999 }), 'before_start'),
    opened(psk(1, { t0: T0 - 1, dms: 1_000 })),
    refused(psk(2, { t0: T0 - 1, dms: 999 }), 'before_start'),
  ]);
  script.scenario(
    'monotone: any time, but not back over the floor',
    [
      opened(psk(0, { t0: 1, sid: 1 })),
      opened(psk(0, { t0: 0xffffffff, sid: 2 })),
      opened(psk(0, { t0: 2, sid: 3 })),
      opened(psk(0, { t0: 3, sid: 4 })),
      refused(psk(0, { t0: 1, sid: 5 }), 'floor'),
      opened(psk(0, { t0: 4, sid: 5 })),
      refused(psk(1, { t0: 1, sid: 1 }), 'floor'),
    ].map(staleInMonotone),
    { clock: 'monotone' },
  );
  script.scenario(
    'monotone: stale by the clock that the kid has shown',
    [
      opened(psk(0, { t0: 1_000 })),
      opened(psk(1, { t0: 1_000 }), START_MS + 300_000),
      opened(psk(2, { t0: 1_000 }), START_MS + 300_001, { stale: true }),
      opened(psk(3, { t0: 1_000, dms: 1 }), START_MS + 300_001),
    ],
    { clock: 'monotone' },
  );
  return script;
}

/** Once a session showed the year 2106, what another says of 1970 is stale. */
function staleInMonotone(step: Step, index: number): Step {
  if ('expect' in step && typeof step.expect === 'object' && index > 1) step.expect.stale = true;
  return step;
}

export function restartScript(): Script {
  const script = new Script();
  const { opened, refused } = bind(script);
  eachSuite((name, draft) => {
    script.scenario(
      `${name}: after a crash nothing passes that was sent before the start`,
      [
        refused(draft(0), 'unsaved'),
        { save: START_MS },
        opened(draft(0, { dms: 1_000 }), at(1)),
        { save: at(2) },
        opened(draft(1, { dms: 3_000 }), at(3)),
        opened(draft(0, { t0: T0 + 3, sid: 2 }), at(3)),
        { restart: at(4) },
        refused(draft(2, { dms: 6_000 }), 'unsaved', at(6)),
        { save: at(4) },
        refused(draft(0, { dms: 1_000 }), 'duplicate', at(6)),
        refused(draft(1, { dms: 3_000 }), 'before_start', at(6)),
        refused(draft(0, { t0: T0 + 3, sid: 2 }), 'before_start', at(6)),
        refused(draft(3, { dms: 5_000 }), 'before_start', at(6)),
        opened(draft(4, { dms: 5_001 }), at(6)),
        opened(draft(2, { t0: T0 + 3, sid: 2, dms: 3_000 }), at(6)),
      ],
      { state: true },
    );
  });
  script.scenario(
    'strict: a clock ahead by more than a second waits for a save',
    [
      { save: START_MS },
      opened(psk(0, { dms: 1_000 })),
      refused(psk(1, { dms: 1_001 }), 'clock_unsaved'),
      refused(psk(2, { dms: 100_000 }), 'clock_unsaved'),
      { save: at(1) },
      opened(psk(2, { dms: 100_000 })),
      opened(psk(3, { dms: 102_000 }), at(1)),
      refused(psk(4, { dms: 102_001 }), 'clock_unsaved', at(1)),
      { restart: at(2) },
      { save: at(2) },
      refused(psk(3, { dms: 102_000 }), 'before_start', at(3)),
      refused(psk(5, { dms: 103_000 }), 'before_start', at(3)),
      opened(psk(6, { dms: 103_001 }), at(3)),
    ],
    { state: true },
  );
  script.scenario(
    'monotone: a kid is accepted once its clock is saved',
    [
      { save: START_MS },
      refused(psk(0, { t0: 1_000 }), 'clock_unsaved'),
      { save: START_MS },
      opened(psk(1, { t0: 1_000, dms: 10 }), START_MS + 10),
      refused(psk(2, { t0: 1_000, dms: 10_011 }), 'clock_unsaved', START_MS + 10),
      { restart: at(60) },
      { save: at(60) },
      refused(psk(1, { t0: 1_000, dms: 10 }), 'before_start', at(61)),
      refused(psk(3, { t0: 1_000, dms: 70_000 }), 'before_start', at(70)),
      opened(psk(4, { t0: 1_000, dms: 70_001 }), at(70)),
    ],
    { state: true, clock: 'monotone' },
  );
  const fifth = [1, 2, 3, 4, 5].map(n => psk(0, { t0: T0 + n, sid: n }));
  script.scenario(
    'a floor outlives the restart',
    [
      { save: START_MS },
      ...fifth.map(draft => opened(draft, at(5))),
      { save: at(6) },
      { restart: at(7) },
      { save: at(7) },
      refused(psk(1, { t0: T0 + 1, sid: 1, dms: 9_000 }), 'floor', at(10)),
      refused(psk(0, { t0: T0 + 2, sid: 2, dms: 8_000 }), 'duplicate', at(10)),
      opened(psk(1, { t0: T0 + 2, sid: 2, dms: 8_000 }), at(10)),
    ],
    { state: true },
  );
  return script;
}

export function fragmentScript(): Script {
  const script = new Script();
  const { opened, refused } = bind(script);
  const slice = (seq: number, index: number, count: number, text: string | Buffer, rest: Partial<Draft> = {}): Draft =>
    psk(seq, { type: 3, body: Buffer.concat([Buffer.from([index, count]), Buffer.from(text)]), ...rest });
  const whole = Buffer.from('onetwothree');
  const three = (base: number): [Draft, Draft, Draft] => [
    slice(base, 0, 3, '\x01one'),
    slice(base + 1, 1, 3, 'two'),
    slice(base + 2, 2, 3, 'three'),
  ];
  const done = { body: whole, type: 1 };
  eachOrder([0, 1, 2]).forEach(order => {
    const steps = order.map((index, n) => {
      const draft = three(10)[index] as Draft;
      return n < 2 ? refused(draft, 'pending') : opened(draft, START_MS, { ...done, seq: 10 });
    });
    script.scenario(`fragments in the order ${order.join(', ')}`, steps);
  });
  const [a, b, c] = three(0);
  script.scenario('a fragment twice counts once', [
    refused(a, 'pending'),
    refused(a, 'duplicate'),
    refused(b, 'pending'),
    refused(b, 'duplicate'),
    opened(c, START_MS, { ...done, seq: 0 }),
    refused(c, 'duplicate'),
  ]);
  script.scenario('two messages at once', [
    ...[a, three(3)[0], b, three(3)[1]].map(draft => refused(draft as Draft, 'pending')),
    opened(three(3)[2], START_MS, { ...done, seq: 3 }),
    opened(c, START_MS, { ...done, seq: 0 }),
  ]);
  script.scenario('a count that contradicts ends the message', [
    refused(a, 'pending'),
    refused(slice(1, 1, 4, 'two'), 'fragment_conflict'),
    refused(c, 'pending'),
    { counters: { fragment_conflict: 1, fragment_limit: 0 } },
  ]);
  script.scenario(
    'fragments that cannot be',
    [
      slice(5, 0, 0, '\x01a'),
      slice(6, 0, 1, '\x01a'),
      slice(7, 2, 2, 'a'),
      slice(8, 255, 3, 'a'),
      slice(9, 1, 2, ''),
      psk(10, { type: 3, body: u8(0) }),
      psk(11, { type: 3, body: Buffer.alloc(0) }),
      slice(2, 3, 4, 'before the first sequence number'),
      slice(12, 0, 2, '\x00'),
      slice(13, 0, 2, '\x03a'),
      slice(14, 0, 2, '\x21a'),
    ].map(draft => refused(draft, 'fragment_invalid')),
  );
  const deflated = Buffer.concat([u8(0x12), deflateSync(whole)]);
  script.scenario('a deflated message in two fragments', [
    refused(slice(0, 0, 2, deflated.subarray(0, 9)), 'pending'),
    opened(slice(1, 1, 2, deflated.subarray(9)), START_MS, { body: whole, type: 2, seq: 0 }),
  ]);
  script.scenario('a message has five seconds', [
    refused(a, 'pending'),
    refused(b, 'pending', at(5)),
    opened(c, at(5), { ...done, seq: 0 }),
    refused(three(3)[0], 'pending', at(5)),
    refused(three(3)[1], 'pending', at(10) + 1),
    { counters: { fragment_expired: 1 } },
    refused(three(3)[2], 'pending', at(10) + 1),
  ]);
  script.scenario('a fifth open message ends the oldest', [
    ...[0, 3, 6, 9].map(base => refused(three(base)[0], 'pending')),
    refused(three(12)[0], 'pending'),
    { counters: { fragment_limit: 1 } },
    ...[3, 6].flatMap(base => [
      refused(three(base)[1], 'pending'),
      opened(three(base)[2], START_MS, { ...done, seq: base }),
    ]),
    refused(three(0)[1], 'pending'),
    refused(three(0)[2], 'pending'),
  ]);
  script.scenario('messages of two sessions do not mix', [
    refused(a, 'pending'),
    refused({ ...b, sid: 2 }, 'pending'),
    refused({ ...c, sid: 2 }, 'pending'),
    refused(b, 'pending'),
    opened(c, START_MS, { ...done, seq: 0 }),
    opened({ ...a, sid: 2 }, START_MS, { ...done, seq: 0 }),
  ]);
  return script;
}

const eachOrder = (items: number[]): number[][] =>
  items.length < 2
    ? [items]
    : items.flatMap(first => eachOrder(items.filter(item => item !== first)).map(rest => [first, ...rest]));
