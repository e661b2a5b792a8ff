import { expect, test } from '@jest/globals';
import type { FlowListener, FlowTable } from '@nanogelf/probe';
import { Conversation, type Frame, RST, SYN, udpFrames } from '../src/packets/index.ts';
import { seededRandom } from '../src/random.ts';
import { type Replay, type ReplayOptions, replay } from './flow-kit.ts';

/** What a listener heard: text, gaps as `<n>`, by direction. */
class Heard implements FlowListener {
  readonly text = ['', ''];
  readonly calls: string[] = [];
  muteAfter = Number.POSITIVE_INFINITY;
  flows!: FlowTable;

  onBegin(slot: number): void {
    this.calls.push(
      `begin ${this.flows.srcPortOf(slot)} ${this.flows.dstPortOf(slot)} ${this.flows.isMidStream(slot)}`,
    );
  }
  onStream(slot: number, direction: number, bytes: Uint8Array): void {
    if (bytes.length === 0) throw new Error('an empty call');
    this.text[direction] += Buffer.from(bytes).toString('latin1');
    this.calls.push(`${direction} ${bytes.length}`);
    if (this.text[direction]!.length >= this.muteAfter) this.flows.mute(slot);
  }
  onGap(_slot: number, direction: number, lengthBytes: number): void {
    if (!(lengthBytes > 0)) throw new Error(`a gap of ${lengthBytes}`);
    this.text[direction] += `<${lengthBytes}>`;
    this.calls.push(`${direction} <${lengthBytes}>`);
  }
  onDatagram(_slot: number, direction: number, bytes: Uint8Array, wireBytes: number): void {
    this.calls.push(`${direction} ${Buffer.from(bytes).toString()} of ${wireBytes}`);
  }
  onEnd(): void {
    this.calls.push('end');
  }
  onTick(): void {}
}

function hearing(frames: readonly Frame[], options: ReplayOptions, heard: Heard): Replay {
  return replay(frames, {
    ...options,
    listener: flows => {
      heard.flows = flows;
      return heard;
    },
  });
}

function hear(frames: readonly Frame[], options: ReplayOptions = {}, heard = new Heard()): Heard {
  hearing(frames, options, heard);
  return heard;
}

const open = (): Conversation => new Conversation().handshake();
const frameOf = (frames: readonly Frame[], index: number): Frame => frames[index] as Frame;
const reorder = (frames: readonly Frame[], ...order: number[]): Frame[] =>
  order.map((from, to) => ({ ...frameOf(frames, from), tsUs: frameOf(frames, to).tsUs }));

test('payload in order is handed on segment by segment', () => {
  const heard = hear(open().send('client', 'abc').send('server', 'de').send('client', 'f').close().frames);
  expect(heard.text).toEqual(['abcf', 'de']);
  expect(heard.calls).toEqual(['begin 40000 80 false', '0 3', '1 2', '0 1', 'end']);
});

test('what passes is not handed on, and what follows it is', () => {
  const heard = new Heard();
  const passed: string[] = [];
  const listener = Object.assign(heard, {
    passes(_slot: number, direction: number, lengthBytes: number): boolean {
      if (lengthBytes !== 3) return false;
      passed.push(`${direction} ${lengthBytes}`);
      return true;
    },
  });
  hear(
    open().send('client', 'ab').send('client', 'cde').send('server', 'fgh').send('client', 'i').frames,
    {},
    listener,
  );
  expect(heard.text).toEqual(['abi', '']);
  expect(passed).toEqual(['0 3', '1 3']);
});

test('an overtaken segment is put back in its place', () => {
  const { frames } = open().send('client', 'aa').send('client', 'bb').send('client', 'cc').send('client', 'dd');
  expect(hear(reorder(frames, 0, 1, 2, 5, 6, 4, 3)).text[0]).toBe('aabbccdd');
});

test('repeated bytes are handed on once, the first copy of them', () => {
  const talk = open().send('client', 'abc').retransmit('client').segment('client', { seq: 1002 }, 'XXde');
  expect(hear(talk.frames).text[0]).toBe('abcde');
});

test('of two copies that wait for a gap to close the first is kept', () => {
  const talk = open().segment('client', { seq: 1003 }, 'cd').segment('client', { seq: 1002 }, 'XXXe');
  expect(hear(talk.segment('client', { seq: 1001 }, 'a').frames).text[0]).toBe('aXcde');
});

test('a gap is told when the other side acknowledges what is missing, before the answer', () => {
  const talk = open().lose('client', 'abcd').send('client', 'ef').ack('server').send('server', 'gh');
  expect(hear(talk.frames).calls).toEqual(['begin 40000 80 false', '0 <4>', '0 2', '1 2', 'end']);
});

test('an acknowledgement in the middle of what is missing tells only that much', () => {
  const talk = open()
    .lose('client', 'abcd')
    .send('client', 'ef')
    .ack('server', 1003)
    .segment('client', { seq: 1003 }, 'cd');
  expect(hear(talk.frames).text[0]).toBe('<2>cdef');
});

test('what is still missing at the end is told then', () => {
  expect(hear(open().lose('client', 'abcd').send('client', 'ef').frames).text[0]).toBe('<4>ef');
});

test('bytes beyond the snap length are a gap at once, in order or not', () => {
  const { frames } = open().send('client', 'x'.repeat(100)).send('client', 'y'.repeat(100));
  const snapped = { snapBytes: 54 + 10 };
  expect(hear(frames, snapped).text[0]).toBe(`${'x'.repeat(10)}<90>${'y'.repeat(10)}<90>`);
  expect(hear(reorder(frames, 0, 1, 2, 4, 3), snapped).text[0]).toBe(`${'x'.repeat(10)}<90>${'y'.repeat(10)}<90>`);
  expect(hear(frames, { snapBytes: 54 }).text[0]).toBe('<100><100>');
});

test('in mid-stream the first loaded segment is the start', () => {
  const heard = hear(new Conversation().ack('client').send('server', 'abc').send('client', 'de').frames);
  expect(heard.text).toEqual(['de', 'abc']);
  expect(heard.calls[0]).toBe('begin 40000 80 true');
});

test('a lost first segment of a seen handshake is a gap', () => {
  expect(hear(open().lose('server', 'abc').send('server', 'd').ack('client').frames).text[1]).toBe('<3>d');
});

test('a FIN is no byte of the stream, acknowledged or overtaken', () => {
  const { frames } = open().send('client', 'abc').close();
  expect(hear(frames).text[0]).toBe('abc');
  expect(hear(reorder(frames, 0, 1, 2, 4, 3, 5, 6)).text[0]).toBe('abc');
});

test('payload in a SYN comes first', () => {
  const talk = new Conversation().segment('client', { flags: SYN }, 'ab').send('client', 'cd');
  expect(hear(talk.frames).text[0]).toBe('abcd');
});

test('the payload of a reset is not part of the stream', () => {
  expect(hear(open().segment('client', { flags: RST }, 'reason').frames).text[0]).toBe('');
});

test('streams go on over the wrap of sequence numbers', () => {
  const talk = new Conversation({ clientSeq: 0xffff_fffd, mssBytes: 2 }).handshake().send('client', 'abcdefgh');
  expect(hear(talk.frames).text[0]).toBe('abcdefgh');
  expect(hear(reorder(talk.frames, 0, 1, 2, 6, 5, 4, 3)).text[0]).toBe('abcdefgh');
});

test('a muted conversation is silent at once, also while stored segments are handed on', () => {
  const { frames } = open().send('client', 'aa').send('client', 'bb').send('client', 'cc');
  const heard = new Heard();
  heard.muteAfter = 4;
  hear(reorder(frames, 0, 1, 2, 5, 4, 3), {}, heard);
  expect(heard.text[0]).toBe('aabb');
  expect(heard.calls.at(-1)).toBe('end');
});

test('swapped in a call, later calls and the record have the other orientation', () => {
  const heard = new Heard();
  const stream = heard.onStream.bind(heard);
  heard.onStream = (slot, direction, bytes) => {
    stream(slot, direction, bytes);
    if (heard.text.join('').length === 2) heard.flows.swap(slot);
  };
  const talk = new Conversation({ serverPort: 50_000 }).send('server', 'ab').send('client', 'cde');
  const { records } = hearing(talk.frames, {}, heard);
  expect(heard.text).toEqual(['abcde', '']);
  expect(records[0]).toMatchObject({ SRC_PORT: 40_000, DST_PORT: 50_000, SRC_BYTES: 57, DST_BYTES: 56 });
});

test('UDP datagrams are handed on with what was captured of them', () => {
  const frames = udpFrames([
    { side: 'client', payload: 'query' },
    { side: 'server', payload: 'answer!' },
  ]);
  expect(hear(frames, { snapBytes: 47 }).calls).toEqual([
    'begin 40000 53 false',
    '0 query of 5',
    '1 answe of 7',
    'end',
  ]);
});

test('without room to wait, the oldest gap is given up and nothing else is lost', () => {
  const talk = open().lose('client', 'abc');
  const text = 'x'.repeat(1400);
  for (let n = 0; n < 300; n++) talk.send('client', text);
  const heard = hear(talk.frames);
  expect(heard.text[0]).toBe(`<3>${text.repeat(300)}`);
  expect(heard.flows.stats().streamOverflows).toBe(1);
  const calls = heard.calls.indexOf('0 <3>');
  expect(calls).toBe(1);
});

test('a giant segment larger than the room for a side goes through', () => {
  const talk = new Conversation({ mssBytes: 60_000 }).handshake().lose('client', 'abc');
  for (let n = 0; n < 20; n++) talk.send('client', 'x'.repeat(60_000));
  expect(hear(talk.frames).text[0]).toBe(`<3>${'x'.repeat(1_200_000)}`);
});

const ALPHABET = Array.from({ length: 4000 }, (_, n) => String.fromCharCode(97 + ((n * 7 + (n >> 5)) % 26))).join('');

/** The alphabet as segments of the client that overlap, are lost, and overtake one another. */
function disturbed(seed: number): Frame[] {
  const random = seededRandom(seed);
  const clientSeq = (0xffff_ffff - Math.floor(random() * 6000)) >>> 0;
  const talk = new Conversation({ clientSeq }).handshake();
  const start = talk.frames.length;
  for (let at = 0; at < ALPHABET.length; ) {
    const end = at + 1 + Math.floor(random() * 400);
    const from = Math.max(0, at - (random() < 0.3 ? Math.floor(random() * 500) : 0));
    const seq = (clientSeq + 1 + from) >>> 0;
    if (random() > 0.1) talk.segment('client', { seq }, ALPHABET.slice(from, end));
    at = end;
  }
  const frames = [...talk.frames];
  for (let n = start; n + 1 < frames.length; n++) {
    if (random() < 0.4) [frames[n], frames[n + 1]] = [frameOf(frames, n + 1), frameOf(frames, n)];
  }
  return frames.map((frame, n) => ({ ...frame, tsUs: 1e15 + n }));
}

test('any loss, order, repetition and size of segments gives the stream with its gaps, each byte at its place', () => {
  for (let seed = 1; seed <= 300; seed++) {
    let at = 0;
    for (const part of hear(disturbed(seed)).text[0]?.match(/<\d+>|[a-z]+/g) ?? []) {
      if (!part.startsWith('<')) expect(ALPHABET.slice(at, at + part.length)).toBe(part);
      at += part.startsWith('<') ? Number(part.slice(1, -1)) : part.length;
    }
    expect(at).toBeGreaterThan(ALPHABET.length * 0.8);
  }
});
