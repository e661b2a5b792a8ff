import { expect, test } from '@jest/globals';
import { ACK, Conversation, ethernet, FIN, type Frame, icmp, ipv4, RST, SYN, udpFrames } from '../src/packets/index.ts';
import { onlyRecord, replay } from './flow-kit.ts';

const open = (): Conversation => new Conversation().handshake();
const states = (frames: readonly Frame[]): unknown[] => replay(frames).records.map(record => record.STATE);
const at = (frames: readonly Frame[], ...order: number[]): Frame[] =>
  order.map((index, place) => ({ ...(frames[index] as Frame), tsUs: (frames[place] as Frame).tsUs }));

test('packets, wire bytes and flags are counted for each direction', () => {
  const record = onlyRecord(
    open().send('client', 'GET').ack('server').send('server', 'x'.repeat(3000)).ack('client').close().frames,
  );
  expect(record).toMatchObject({ SRC_PKTS: 6, DST_PKTS: 6, PKTS: 12, STATE: 'SF' });
  expect(record).toMatchObject({ SRC_SYN_PKTS: 1, DST_SYN_PKTS: 0, DST_SYN_ACK_PKTS: 1, SYN_ACK_PKTS: 1, FIN_PKTS: 2 });
  expect(record).toMatchObject({ SRC_BYTES: 6 * 54 + 4 + 3, DST_BYTES: 6 * 54 + 4 + 3000 });
  expect(record).toMatchObject({ TOTAL_PKTS: 12, TOTAL_BYTES: 12 * 54 + 8 + 3003, DURATION: 11 });
});

test('a packet is tiny when it carries less than 64 bytes', () => {
  expect(onlyRecord(open().send('client', 'x'.repeat(63)).send('client', 'x'.repeat(64)).frames)).toMatchObject({
    SRC_TINY_PKTS: 3,
  });
});

test('the handshake takes from the latest SYN to the ACK of the answer, when a SYN was lost', () => {
  const talk = new Conversation().segment('client', { flags: SYN }).wait(1_000_000).retransmit('client').wait(20_000);
  expect(onlyRecord(talk.segment('server', { flags: SYN | ACK }).ack('client').frames)).toMatchObject({
    HAND_DELAY: 22,
    SYN_PKTS: 2,
    RETRANS_PKTS: 1,
  });
});

test('... and when the answer was lost', () => {
  const talk = new Conversation().segment('client', { flags: SYN }).segment('server', { flags: SYN | ACK });
  talk.wait(1_000_000).retransmit('client').wait(20_000).retransmit('server').ack('client');
  expect(onlyRecord(talk.frames)).toMatchObject({ HAND_DELAY: 22, SRC_RETRANS_PKTS: 1, DST_RETRANS_PKTS: 1 });
});

test('network delays run from a loaded segment to its acknowledgement by the other side', () => {
  const talk = open().send('client', 'a').wait(4000).ack('server').send('server', 'b').wait(9000).ack('client');
  talk.send('client', 'a').wait(1000).ack('server');
  expect(onlyRecord(talk.frames)).toMatchObject({
    DST_NET_DELAY: 3.5,
    DST_NET_DELAY_MAX: 5,
    SRC_NET_DELAY: 10,
    NET_DELAY: 13.5,
    NET_DELAY_MAX: 15,
  });
});

test('a repeated segment is no sample of the network, but one of the retransmission', () => {
  const talk = open().send('client', 'abc').wait(200_000).retransmit('client').wait(5000).ack('server');
  const record = onlyRecord(talk.frames);
  expect(record).toMatchObject({ SRC_RETRANS_PKTS: 1, SRC_RETRANS_DELAY: 207, SRC_RETRANS_DELAY_MAX: 207 });
  expect(record).not.toHaveProperty('DST_NET_DELAY');
});

test('a piece of a giant frame that is repeated was sent first with the frame', () => {
  const giant = 'x'.repeat(14_600);
  const talk = new Conversation({ mssBytes: 20_000 }).handshake().send('client', 'head').send('client', giant);
  talk
    .wait(50_000)
    .segment('client', { seq: 1005 + 2920 }, giant.slice(2920, 4380))
    .wait(7000)
    .ack('server');
  expect(onlyRecord(talk.frames)).toMatchObject({ SRC_RETRANS_PKTS: 1, SRC_RETRANS_DELAY: 59 });
});

test('a keep-alive is not a retransmission, a repeated byte that nobody acknowledged is', () => {
  const probe = open().send('client', 'a').ack('server').wait(1e6).segment('client', { seq: 1001 }, 'a').ack('server');
  expect(onlyRecord(probe.frames)).toMatchObject({ RETRANS_PKTS: 0, LOST_BYTES: 0 });
  expect(onlyRecord(open().send('client', 'a').wait(1e6).retransmit('client').frames)).toMatchObject({
    RETRANS_PKTS: 1,
  });
});

test('a segment that repeats a part and adds to it is a retransmission', () => {
  const talk = open().send('client', 'abc').segment('client', { seq: 1002 }, 'bcdef').ack('server', 1007);
  expect(onlyRecord(talk.frames)).toMatchObject({ SRC_RETRANS_PKTS: 1, LOST_BYTES: 0 });
});

test('an overtaken segment is out of order, nothing is lost or repeated', () => {
  const frames = open().send('client', 'aaa').send('client', 'bbb').ack('server').frames;
  expect(onlyRecord(at(frames, 0, 1, 2, 4, 3, 5))).toMatchObject({ SRC_OOO_PKTS: 1, RETRANS_PKTS: 0, LOST_BYTES: 0 });
});

test('a missing segment that comes a round trip later was sent again', () => {
  const talk = open().lose('client', 'aaa').send('client', 'bbb').wait(10_000).retransmit('client', 2).ack('server');
  expect(onlyRecord(talk.frames)).toMatchObject({ SRC_OOO_PKTS: 0, SRC_RETRANS_PKTS: 1, LOST_BYTES: 0 });
});

test('a missing segment that two repeated ACKs asked for was sent again, however soon', () => {
  const talk = new Conversation({ stepUs: 10 })
    .handshake()
    .ack('server', 1001)
    .lose('client', 'aaa')
    .send('client', 'bbb');
  talk.ack('server', 1001).ack('server', 1001).retransmit('client', 2);
  expect(onlyRecord(talk.frames)).toMatchObject({ SRC_OOO_PKTS: 0, SRC_RETRANS_PKTS: 1 });
});

test('what is acknowledged but was never seen is lost, in the middle and at the end', () => {
  expect(onlyRecord(open().lose('client', 'abc').send('client', 'd').ack('server').frames)).toMatchObject({
    SRC_LOST_BYTES: 3,
  });
  expect(onlyRecord(open().lose('client', 'abc').ack('server').frames)).toMatchObject({
    SRC_LOST_BYTES: 3,
    DST_LOST_BYTES: 0,
  });
});

test('a hole that nothing ever filled is lost when the conversation ends', () => {
  expect(onlyRecord(open().lose('server', 'abcd').send('server', 'e').frames)).toMatchObject({ DST_LOST_BYTES: 4 });
});

test('sequence numbers wrap', () => {
  const talk = new Conversation({ clientSeq: 0xffff_fff0, serverSeq: 0x7fff_fff0 }).handshake();
  talk.send('client', 'x'.repeat(3000)).ack('server').send('server', 'y'.repeat(3000)).ack('client');
  talk.retransmit('server').close();
  expect(onlyRecord(talk.frames)).toMatchObject({ RETRANS_PKTS: 1, LOST_BYTES: 0, OOO_PKTS: 0, STATE: 'SF' });
});

test('a zero window counts, a reset with one does not', () => {
  const talk = open().segment('server', { window: 0 }).segment('server', { window: 0, flags: RST });
  expect(onlyRecord(talk.frames)).toMatchObject({ DST_ZEROWIN_PKTS: 1, RST_PKTS: 1 });
});

test('the answer begins after the last segment of the request and lasts to its own last', () => {
  const talk = open().send('client', 'a').wait(500).send('client', 'b').wait(29_000).send('server', 'c');
  talk.wait(3000).send('server', 'd').ack('client').send('client', 'e').send('server', 'f');
  expect(onlyRecord(talk.frames)).toMatchObject({
    APP_RESPONSE: 15.5,
    APP_RESPONSE_MAX: 30,
    LOAD_TRANS_DELAY: 2,
    LOAD_TRANS_DELAY_MAX: 4,
  });
});

test('what was not observed is left out', () => {
  const record = onlyRecord(udpFrames([{ side: 'client', payload: 'q' }]));
  for (const field of ['HAND_DELAY', 'NET_DELAY', 'APP_RESPONSE', 'SYN_PKTS', 'VLAN', 'NIC'])
    expect(record).not.toHaveProperty(field);
});

test.each([
  ['S0', new Conversation().segment('client', { flags: SYN })],
  ['S1', open()],
  ['S1', new Conversation().segment('client', { flags: SYN }).segment('server', { flags: SYN | ACK })],
  ['SF', open().close()],
  ['SF', open().close().rst('client')],
  ['REJ', new Conversation().segment('client', { flags: SYN }).rst('server')],
  ['S2', open().fin('client')],
  ['S3', open().fin('server')],
  ['RSTO', open().rst('client')],
  ['RSTR', open().rst('server')],
  ['RSTO', open().fin('client').rst('client')],
  ['SF', open().fin('client').rst('client').fin('server')],
  ['RSTOS0', new Conversation().segment('client', { flags: SYN }).rst('client')],
  ['RSTRH', new Conversation().segment('server', { flags: SYN | ACK }).rst('server')],
  ['SH', new Conversation().segment('client', { flags: SYN }).fin('client')],
  ['SHR', new Conversation().segment('server', { flags: SYN | ACK }).fin('server')],
  ['OTH', new Conversation().send('client', 'abc').send('server', 'def')],
])('conn_state %s', (state, talk) => {
  expect(states(talk.frames)).toEqual([state]);
});

test('UDP is SF with an answer, S0 without; ICMP is OTH', () => {
  expect(
    states(
      udpFrames([
        { side: 'client', payload: 'q' },
        { side: 'server', payload: 'a' },
      ]),
    ),
  ).toEqual(['SF']);
  expect(states(udpFrames([{ side: 'client', payload: 'q' }]))).toEqual(['S0']);
  const echo = ethernet(ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }, icmp(8, 0, Buffer.alloc(12))));
  const reply = ethernet(ipv4({ src: '10.0.0.2', dst: '10.0.0.1' }, icmp(0, 0, Buffer.alloc(12))));
  const record = onlyRecord([
    { tsUs: 1e15, bytes: echo },
    { tsUs: 1e15 + 50, bytes: reply },
  ]);
  expect(record).toMatchObject({ STATE: 'OTH', L4_PROTOCOL: 'ICMP', SRC_IP: '10.0.0.1', SRC_PKTS: 1, DST_PKTS: 1 });
});

test('SRC is who sent the SYN, whatever the ports', () => {
  const talk = new Conversation({ clientPort: 80, serverPort: 50_000 }).handshake();
  expect(onlyRecord(talk.frames)).toMatchObject({ SRC_IP: '10.0.0.1', SRC_PORT: 80, DST_PORT: 50_000 });
});

test('in mid-stream SRC is who spoke first, unless only its own port is that of a service', () => {
  expect(onlyRecord(new Conversation().send('server', 'abc').ack('client').frames)).toMatchObject({ SRC_PORT: 40_000 });
  const peers = new Conversation({ serverPort: 41_000 }).send('server', 'abc').ack('client');
  expect(onlyRecord(peers.frames)).toMatchObject({ SRC_PORT: 41_000 });
});

test('a SYN with a new number over the same ports begins another conversation', () => {
  const first = open().close();
  const second = new Conversation({ startUs: first.tsUs, clientSeq: 77_000 }).handshake();
  expect(states([...first.frames, ...second.frames])).toEqual(['SF', 'S1']);
  const third = new Conversation({ startUs: first.tsUs }).handshake();
  expect(replay([...open().frames, ...third.frames.slice(0, 1)]).records).toHaveLength(1);
});

test('a SYN overtaken by its answer begins nothing new', () => {
  expect(onlyRecord(at(open().frames, 1, 0, 2))).toMatchObject({ SRC_IP: '10.0.0.1', PKTS: 3 });
});

test('both sides may open at once', () => {
  const talk = new Conversation().segment('client', { flags: SYN }).segment('server', { flags: SYN });
  talk.segment('client', { flags: SYN | ACK, seq: 1000 }).segment('server', { flags: SYN | ACK, seq: 5000 });
  expect(onlyRecord(talk.frames)).toMatchObject({ SYN_PKTS: 2, SYN_ACK_PKTS: 2, STATE: 'S1', SRC_IP: '10.0.0.1' });
});

test('interval records and the last one sum up to the whole', () => {
  const talk = open();
  for (let n = 0; n < 10; n++) talk.send('client', 'ping').wait(300_000).send('server', 'pong').ack('client');
  talk.wait(5_000_000).close();
  const { records } = replay(talk.frames, { intervalUs: 1_000_000 });
  expect(records.map(record => record.STATE)).toEqual(['ACTIVE', 'ACTIVE', 'ACTIVE', 'ACTIVE', 'SF']);
  const sum = (field: string): number => records.reduce((total, record) => total + ((record[field] as number) ?? 0), 0);
  const whole = onlyRecord(talk.frames);
  for (const field of ['BYTES', 'SRC_PKTS', 'DST_PKTS', 'TINY_PKTS', 'SYN_PKTS']) expect(sum(field)).toBe(whole[field]);
  expect(records[4]).toMatchObject({ TOTAL_PKTS: whole.PKTS, TOTAL_BYTES: whole.BYTES, DURATION: whole.DURATION });
  expect(records.slice(1).every(record => record.HAND_DELAY === undefined)).toBe(true);
});

test('a silent conversation ends by its timeout, and goes on as a new one', () => {
  const first = udpFrames([{ side: 'client', payload: 'q' }]);
  const startUs = (first[0] as Frame).tsUs;
  const later = (us: number): Frame[] => udpFrames([{ side: 'client', payload: 'q' }], { startUs: startUs + us });
  expect(replay([...first, ...later(59e6)]).records).toHaveLength(1);
  expect(replay([...first, ...later(60e6)]).records).toHaveLength(2);
});

test('timeouts and intervals are due without packets too', () => {
  const talk = open();
  const seen: unknown[] = [];
  replay(talk.frames, {
    beforeFinish: (flows, records) => {
      for (const afterUs of [59e6, 61e6, 3590e6, 3601e6]) {
        flows.tick(talk.tsUs + afterUs);
        seen.push(records.map(record => record.STATE));
      }
    },
  });
  expect(seen).toEqual([[], ['ACTIVE'], ['ACTIVE'], ['ACTIVE', 'S1']]);
});

test('when the table is full, attempts that nobody answered go first, then who was silent for longest', () => {
  const talks = [1, 2, 3].map(n => new Conversation({ clientPort: n, startUs: 1e15 + n * 10_000 }).handshake().frames);
  const attempts = Array.from(
    { length: 20 },
    (_, n) =>
      new Conversation({ clientPort: 1000 + n, startUs: 1e15 + 1e5 + n }).segment('client', { flags: SYN }).frames,
  );
  const last = new Conversation({ clientPort: 9, startUs: 1e15 + 2e5 }).handshake().frames;
  const flood = replay([...talks, ...attempts].flat(), { maxFlows: 4 });
  expect(flood.flows.stats()).toMatchObject({ created: 23, evicted: 19, finished: 4 });
  expect(flood.records.slice(19).map(record => record.STATE)).toEqual(['S1', 'S1', 'S1', 'S0']);
  expect(replay([...talks, last].flat(), { maxFlows: 3 }).records.map(record => record.SRC_PORT)).toEqual([1, 2, 3, 9]);
});

test("a limit out of range is a caller's mistake", () => {
  expect(() => replay([], { maxFlows: 0 })).toThrow('maxFlows: expected an integer from 1 to 1048576, got 0');
  expect(() => replay([], { intervalUs: Number.NaN })).toThrow('intervalUs: expected at least 1, got NaN');
});

test('what both sides sent is counted alike whichever address is lower, and whatever the seed', () => {
  const frames = (client: string, server: string): Frame[] =>
    new Conversation({ client, server }).handshake().send('client', 'abc').wait(70).send('server', 'de').close().frames;
  const { SRC_IP, DST_IP, COMMUNITY_ID, ...low } = onlyRecord(frames('10.0.0.1', '10.0.0.2'));
  const {
    SRC_IP: src,
    DST_IP: dst,
    COMMUNITY_ID: id,
    ...high
  } = onlyRecord(frames('10.0.0.2', '10.0.0.1'), { seed: 12345 });
  expect(high).toEqual(low);
  expect([src, dst, id]).not.toEqual([SRC_IP, DST_IP, COMMUNITY_ID]);
});

test('IPv6 conversations are told apart by every word of their addresses', () => {
  const talks = ['2001:db8::1', '2001:db8:0:1::1', '2001:db9::1', '2001:db8::1:0:1'].map(
    client => new Conversation({ client, server: 'fd00::2' }).handshake().frames,
  );
  const { records } = replay(talks.flat());
  expect(records.map(record => record.SRC_IP)).toEqual([
    '2001:db8::1',
    '2001:db8:0:1::1',
    '2001:db9::1',
    '2001:db8::1:0:1',
  ]);
});

test('a reset storm stays one conversation', () => {
  const talk = open().send('client', 'abc').rst('server');
  for (let n = 0; n < 100; n++) talk.segment('client', { flags: RST });
  expect(onlyRecord(talk.frames)).toMatchObject({ SRC_RST_PKTS: 100, DST_RST_PKTS: 1, STATE: 'RSTR' });
});

test('a FIN that is repeated is a retransmission', () => {
  expect(
    onlyRecord(
      open()
        .segment('client', { flags: FIN | ACK })
        .wait(9000)
        .retransmit('client').frames,
    ),
  ).toMatchObject({
    FIN_PKTS: 2,
    RETRANS_PKTS: 1,
  });
});
