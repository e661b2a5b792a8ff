import { expect, test } from '@jest/globals';
import { ACK, Conversation, FIN, type Frame, SYN } from '../src/packets/index.ts';
import { seededRandom } from '../src/random.ts';
import { replay } from './flow-kit.ts';
import { twinRecords } from './flow-twin.ts';

/** Conversations that lose, repeat, overlap, reorder and wrap, interleaved. */
function traffic(seed: number): Frame[] {
  const random = seededRandom(seed);
  const pick = (limit: number): number => Math.floor(random() * limit);
  const talks = Array.from({ length: 20 }, (_, n) => {
    const near = (offset: number): number => (random() < 0.5 ? 2 ** 32 - pick(offset) : pick(2 ** 32)) >>> 0;
    const talk = new Conversation({
      client: `10.0.${pick(200)}.1`,
      clientPort: 40_000 + n,
      clientSeq: near(3000),
      serverSeq: near(3000),
      startUs: 1e15 + pick(5000),
      stepUs: 1 + pick(2000),
      mssBytes: 1 + pick(300),
    });
    if (random() < 0.8) talk.handshake();
    else talk.ack('client');
    for (let step = pick(40); step > 0; step--) disturb(talk, pick, random);
    if (random() < 0.5) talk.close();
    return shuffled(talk.frames, random);
  });
  return talks.flat().sort((a, b) => a.tsUs - b.tsUs);
}

function disturb(talk: Conversation, pick: (limit: number) => number, random: () => number): void {
  const side = random() < 0.5 ? 'client' : 'server';
  const other = side === 'client' ? 'server' : 'client';
  const payload = 'x'.repeat(1 + pick(400));
  const chance = random();
  if (chance < 0.4) talk.send(side, payload);
  else if (chance < 0.5) talk.lose(side, payload);
  else if (chance < 0.7) talk.ack(other);
  else if (chance < 0.75) talk.segment(other, { window: 0 });
  else if (chance < 0.9) {
    const sent = talk.frames.filter(({ bytes }) => bytes.length > 60).length;
    if (sent > 3) talk.send(side, 'y').retransmit(side, 1);
  } else talk.wait(pick(8000));
}

/** Some frames change places with the next one; the times stay in order. */
function shuffled(frames: readonly Frame[], random: () => number): Frame[] {
  const order = [...frames];
  for (let n = 3; n + 1 < order.length; n++) {
    if (random() < 0.1) [order[n], order[n + 1]] = [order[n + 1] as Frame, order[n] as Frame];
  }
  return order.map((frame, n) => ({ ...frame, tsUs: (frames[n] as Frame).tsUs }));
}

test('the table agrees with its plain twin on traffic that loses, repeats, overlaps, reorders and wraps', () => {
  for (let seed = 1; seed <= 25; seed++) {
    const frames = traffic(seed);
    const twin = twinRecords(frames);
    const { records } = replay(frames, { seed });
    expect(records.length).toBe(twin.size);
    for (const record of records) {
      const expected = twin.get(`${record.SRC_IP}:${record.SRC_PORT}`);
      expect({ seed, ...record }).toMatchObject({ seed, ...expected });
    }
  }
});

test('the traffic of the comparison contains what it should', () => {
  const total = (field: string): number =>
    replay(traffic(7)).records.reduce((sum, record) => sum + Number(record[field] ?? 0), 0);
  for (const field of ['RETRANS_PKTS', 'OOO_PKTS', 'LOST_BYTES', 'ZEROWIN_PKTS', 'FIN_PKTS']) {
    expect(total(field)).toBeGreaterThan(2);
  }
});

test('changed bytes and cut frames never throw, and the table keeps its limit', () => {
  const random = seededRandom(11);
  const frames = [...traffic(1), ...traffic(2)].flatMap(({ bytes, tsUs }) =>
    [0, 1, 2].map(() => {
      const changed = Buffer.from(bytes);
      for (let n = 0; n < 4; n++) changed[14 + Math.floor(random() * 54)] = Math.floor(random() * 256);
      return { tsUs: tsUs + Math.floor((random() - 0.5) * 1e8), bytes: changed };
    }),
  );
  const heard = { onBegin() {}, onStream() {}, onGap() {}, onDatagram() {}, onEnd() {}, onTick() {} };
  const { flows, records } = replay(frames, { maxFlows: 64, snapBytes: 90, intervalUs: 1e6, listener: () => heard });
  const { created, expired, evicted, reused, finished } = flows.stats();
  expect(created).toBeGreaterThan(64);
  expect(expired + evicted + reused + finished).toBe(created);
  expect(records.filter(record => record.STATE !== 'ACTIVE')).toHaveLength(created);
});

test('a table that fills and empties over and over finds every conversation', () => {
  const random = seededRandom(5);
  const started = new Map<number, number>();
  const frames: Frame[] = [];
  for (let n = 0; n < 30_000; n++) {
    const clientPort = Math.floor(random() * 400);
    const flags = started.has(clientPort) ? (random() < 0.3 ? FIN | ACK : ACK) : SYN;
    if (!started.has(clientPort)) started.set(clientPort, n);
    if (flags & FIN) started.delete(clientPort);
    const clientSeq = started.get(clientPort) ?? 0;
    const talk = new Conversation({ clientPort, startUs: 1e15 + n, clientSeq });
    frames.push(...talk.segment('client', { flags, seq: clientSeq }).frames);
  }
  const { flows } = replay(frames, { maxFlows: 512 });
  const syns = frames.filter(({ bytes }) => (bytes[47] as number) & SYN).length;
  expect(flows.stats()).toMatchObject({ created: syns, evicted: 0 });
});
