import { deflateSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BELOW, FRESH, lookUp, markSeen, SEEN, WINDOW_BITS, WINDOW_WORDS } from '../../src/envelope/window.ts';
import {
  createReceiver,
  DEFLATED,
  type Opened,
  type Received,
  type Receiver,
  TYPE_BATCH,
  TYPE_GELF,
} from '../../src/index.ts';
import {
  CIPHERS,
  clockAt,
  EACH_CIPHER_AND_SUITE,
  outcome,
  randomFrom,
  receiverOf,
  registryOf,
  rowOf,
  START_MS,
  SUITES,
  senderOf,
} from './scene.ts';

const cipherAndSuite = fc.record({
  sealer: fc.constantFrom(...CIPHERS),
  opener: fc.constantFrom(...CIPHERS),
  suite: fc.constantFrom(...SUITES),
});

test('open(seal(x)) is x, whichever cipher is at either end', () => {
  const cases = fc.record({
    ends: cipherAndSuite,
    body: fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.uint8Array({ minLength: 1_000, maxLength: 20_000, size: 'max' }),
    ),
    type: fc.constantFrom(TYPE_GELF, TYPE_BATCH),
    isDeflated: fc.boolean(),
    padding: fc.boolean(),
    order: fc.infiniteStream(fc.nat(1_000)),
  });
  fc.assert(
    fc.property(cases, ({ ends, body, type, isDeflated, padding, order }) => {
      const sender = senderOf(ends.suite, ends.sealer, { padding });
      const receiver = receiverOf(ends.suite, ends.opener);
      const datagrams = sender.seal(
        isDeflated ? type | DEFLATED : type,
        isDeflated ? deflateSync(body) : body,
        clockAt(0),
      );
      const shuffled = datagrams
        .map(datagram => ({ datagram, key: order.next().value as number }))
        .sort((a, b) => a.key - b.key);
      const results = shuffled.map(({ datagram }) => receiver.receive(datagram, START_MS));
      const opened = results.at(-1) as Opened;
      expect(outcome(opened)).toBe('opened');
      expect(opened.type).toBe(type);
      expect(Buffer.from(opened.body).equals(body)).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test('a datagram with any bits changed is refused, and the receiver still takes the true one', () => {
  const cases = fc.record({
    ends: cipherAndSuite,
    bits: fc.uniqueArray(fc.nat(), { minLength: 1, maxLength: 8 }),
    isLive: fc.boolean(),
  });
  fc.assert(
    fc.property(cases, ({ ends, bits, isLive }) => {
      const sender = senderOf(ends.suite, ends.sealer);
      const receiver = receiverOf(ends.suite, ends.opener);
      if (isLive) receiver.receive(sender.heartbeat(clockAt(0)), START_MS);
      const datagram = sender.seal(TYPE_GELF, Buffer.from('{"a":1}'), clockAt(0))[0] as Uint8Array;
      const changed = Buffer.from(datagram);
      for (const bit of new Set(bits.map(each => each % (datagram.length * 8))))
        changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(receiver.receive(changed, START_MS).kind).toBe('refused');
      expect(receiver.receive(datagram, START_MS).kind).toBe('opened');
    }),
    { numRuns: 300 },
  );
});

test('the window agrees with a plain set under any reordering', () => {
  const jumps = fc.array(
    fc.oneof(
      fc.integer({ min: -1_100, max: 40 }),
      fc.integer({ min: -3, max: 1_100 }),
      fc.integer({ min: 0, max: 5_000 }),
    ),
    {
      maxLength: 300,
    },
  );
  fc.assert(
    fc.property(jumps, fc.nat(0x7fff0000), (steps, first) => {
      const words = new Uint32Array(3 * WINDOW_WORDS);
      const seen = new Set<number>();
      let next = 0;
      let seq = first;
      for (const step of steps) {
        seq = Math.max(0, seq + step);
        const plain = next - seq > WINDOW_BITS ? BELOW : seen.has(seq) ? SEEN : FRESH;
        expect(lookUp(words, WINDOW_WORDS, next, seq)).toBe(plain);
        if (plain !== FRESH) continue;
        next = markSeen(words, WINDOW_WORDS, next, seq);
        seen.add(seq);
      }
      const neighbours = [...words.subarray(0, WINDOW_WORDS), ...words.subarray(2 * WINDOW_WORDS)];
      expect(neighbours.every(word => word === 0)).toBe(true);
    }),
    { numRuns: 300 },
  );
});

/** One probe, its receiver that crashes, and an attacker who keeps every datagram. */
class Drama {
  private nowMs = START_MS;
  private skewMs = 0;
  accepted = 0;
  private readonly ids = new Set<string>();
  private readonly tape: Uint8Array[] = [];
  private readonly sender = senderOf('psk', CIPHERS[0] as (typeof CIPHERS)[number]);
  private disk: Uint8Array = new Uint8Array(0);
  private receiver: Receiver;
  private readonly mode: 'strict' | 'monotone';

  constructor(mode: 'strict' | 'monotone') {
    this.mode = mode;
    this.receiver = this.start();
  }

  private start(): Receiver {
    const receiver = createReceiver({
      registry: registryOf(rowOf('psk')),
      cipher: CIPHERS[0] as (typeof CIPHERS)[number],
      clock: this.mode,
      startedAtMs: this.nowMs,
      state: this.disk,
    });
    return receiver;
  }

  wait(ms: number): void {
    this.nowMs += ms;
  }

  setClock(skewMs: number): void {
    this.skewMs = skewMs;
  }

  save(): void {
    this.disk = this.receiver.exportState(this.nowMs);
    this.receiver.stateSaved();
  }

  /** The file was renamed, but the receiver died before it knew. */
  saveUnknown(): void {
    this.disk = this.receiver.exportState(this.nowMs);
  }

  crash(): void {
    this.receiver = this.start();
  }

  send(isDelivered: boolean): void {
    const clock = { wallMs: this.nowMs + this.skewMs, monoMs: this.nowMs };
    const datagram = this.sender.heartbeat(clock);
    this.tape.push(datagram);
    if (isDelivered) this.deliver(datagram);
  }

  replay(at: number): void {
    const datagram = this.tape[at % Math.max(1, this.tape.length)];
    if (datagram !== undefined) this.deliver(datagram);
  }

  replayAll(): void {
    for (const datagram of this.tape) this.deliver(datagram);
  }

  private deliver(datagram: Uint8Array): void {
    const received: Received = this.receiver.receive(datagram, this.nowMs);
    if (received.kind !== 'opened') return;
    const id = `${received.t0}/${received.sid}/${received.seq}`;
    if (this.ids.has(id)) throw new Error(`accepted twice: ${id}`);
    this.ids.add(id);
    this.accepted++;
  }
}

type Act = (drama: Drama) => void;
const acts: fc.Arbitrary<Act> = fc.oneof(
  { weight: 8, arbitrary: fc.boolean().map<Act>(isDelivered => drama => drama.send(isDelivered)) },
  { weight: 4, arbitrary: fc.nat(200).map<Act>(at => drama => drama.replay(at)) },
  { weight: 3, arbitrary: fc.nat(8_000).map<Act>(ms => drama => drama.wait(ms)) },
  {
    weight: 2,
    arbitrary: fc.integer({ min: -200_000, max: 250_000 }).map<Act>(ms => drama => drama.setClock(ms)),
  },
  { weight: 3, arbitrary: fc.constant<Act>(drama => drama.save()) },
  { weight: 1, arbitrary: fc.constant<Act>(drama => drama.saveUnknown()) },
  { weight: 1, arbitrary: fc.constant<Act>(drama => drama.crash()) },
  { weight: 1, arbitrary: fc.constant<Act>(drama => drama.replayAll()) },
);

test.each(['strict', 'monotone'] as const)(
  '%s: a receiver that crashes and restarts never accepts a datagram twice',
  mode => {
    let accepted = 0;
    fc.assert(
      fc.property(fc.array(acts, { minLength: 20, maxLength: 120, size: 'max' }), script => {
        const drama = new Drama(mode);
        drama.save();
        for (const act of script) act(drama);
        drama.crash();
        drama.save();
        drama.replayAll();
        accepted += drama.accepted;
      }),
      { numRuns: 400 },
    );
    expect(accepted).toBeGreaterThan(400);
  },
);

test.each(EACH_CIPHER_AND_SUITE)(
  '%s %s: a copied sender with a copied random source never repeats a nonce for two plaintexts',
  (_, suite, cipher) => {
    const bodies = fc.uniqueArray(fc.string({ maxLength: 40 }), { minLength: 2, maxLength: 20 });
    fc.assert(
      fc.property(bodies, fc.nat(5), (texts, before) => {
        const nonces = texts.map(text => {
          const sender = senderOf(suite, cipher, { random: randomFrom('a snapshot') });
          for (let n = 0; n < before; n++) sender.heartbeat(clockAt(0));
          const [datagram] = sender.seal(TYPE_GELF, Buffer.from(text), clockAt(0));
          return Buffer.from((datagram as Uint8Array).subarray(0, 24)).toString('hex');
        });
        expect(new Set(nonces).size).toBe(texts.length);
        expect(new Set(nonces.map(nonce => nonce.slice(0, 36))).size).toBe(1);
      }),
      { numRuns: 20 },
    );
  },
);

test('no bytes make a receiver throw', () => {
  const receiver = receiverOf('sealed', CIPHERS[0] as (typeof CIPHERS)[number]);
  const true_ = senderOf('sealed', CIPHERS[0] as (typeof CIPHERS)[number]).heartbeat(clockAt(0));
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc
      .tuple(fc.nat(true_.length), fc.uint8Array({ maxLength: 80 }))
      .map(([keep, rest]) => Buffer.concat([true_.subarray(0, keep), rest])),
  );
  fc.assert(
    fc.property(bytes, fc.double(), (datagram, nowMs) => {
      expect(['refused', 'opened']).toContain(receiver.receive(datagram, nowMs).kind);
    }),
    { numRuns: 500 },
  );
});
