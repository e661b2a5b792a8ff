import { beforeAll, expect, test } from '@jest/globals';
import { ACK, Conversation, type Frame, LINKTYPE_ETHERNET, pcapFile, SYN } from '../src/packets/index.ts';
import { tsharkFields } from '../src/packets/tshark.ts';
import { type NetworkFields, replay } from './flow-kit.ts';

/** Conversations made for the corners of TCP, each on a port of its own, in one file that tshark judges. None makes 0 the
 *  next sequence number: tshark takes that for not known and then flags neither repeats nor keep-alives. */
const WRAPPING = { clientSeq: 0xffff_ff00, serverSeq: 0xffff_fff0 };
const data = 'x'.repeat(1000);

/** Frames of one conversation in another order, at the times they had. */
function swapped(frames: readonly Frame[], first: number, second: number): Frame[] {
  const order = frames.map(({ bytes }) => bytes);
  [order[first], order[second]] = [order[second] as Uint8Array, order[first] as Uint8Array];
  return order.map((bytes, n) => ({ tsUs: (frames[n] as Frame).tsUs, bytes }));
}

type Options = ConstructorParameters<typeof Conversation>[0];

function openedAtOnce(options: Options): Frame[] {
  const talk = new Conversation(options).segment('client', { flags: SYN }).segment('server', { flags: SYN });
  const { clientSeq, serverSeq } = { clientSeq: 1000, serverSeq: 5000, ...options };
  talk.segment('client', { flags: SYN | ACK, seq: clientSeq }).segment('server', { flags: SYN | ACK, seq: serverSeq });
  return talk.send('client', 'hello').ack('server').close().frames;
}

function reused(options: Options): Frame[] {
  const first = new Conversation(options).handshake().send('client', 'one').ack('server').close();
  const again = { ...options, startUs: first.tsUs + 1000, clientSeq: 900_000, serverSeq: 800_000 };
  return [...first.frames, ...new Conversation(again).handshake().send('client', 'two').ack('server').close().frames];
}

function keptAlive(options: Options): Frame[] {
  const talk = new Conversation(options).handshake().send('client', data).ack('server');
  const next = ((options?.clientSeq ?? 1000) + 1001) >>> 0;
  for (let n = 0; n < 3; n++)
    talk
      .wait(30e6)
      .segment('client', { seq: (next - 1) >>> 0 })
      .ack('server');
  for (let n = 0; n < 3; n++)
    talk
      .wait(30e6)
      .segment('client', { seq: (next - 1) >>> 0 }, 'x')
      .ack('server');
  return talk.wait(1000).send('client', data).ack('server').close().frames;
}

const open = (options: Options): Conversation => new Conversation(options).handshake();

/** @returns the frames; the conversation has `options` */
const CASES: { [name: string]: (options: Options) => Frame[] } = {
  'a number wraps inside a segment': options =>
    open({ ...options, ...WRAPPING })
      .send('client', data)
      .ack('server')
      .send('server', data)
      .ack('client')
      .close().frames,
  'a segment that wraps is repeated': options =>
    open({ ...options, ...WRAPPING })
      .send('client', data)
      .wait(300_000)
      .retransmit('client')
      .ack('server')
      .close().frames,
  'a segment behind the wrap overtakes one before it': options =>
    swapped(
      open({ ...options, ...WRAPPING, stepUs: 2000 })
        .send('client', 'y'.repeat(255))
        .send('client', data)
        .ack('server')
        .close().frames,
      3,
      4,
    ),
  'a segment before the wrap is lost and sent again behind it': options =>
    open({ ...options, ...WRAPPING })
      .lose('client', 'y'.repeat(255))
      .send('client', data)
      .wait(200_000)
      .retransmit('client', 2)
      .ack('server')
      .close().frames,
  'a closed window opens across the wrap': options =>
    open({ ...options, ...WRAPPING })
      .send('client', 'y'.repeat(255))
      .segment('server', { window: 0 })
      .wait(200_000)
      .ack('server')
      .send('client', data)
      .ack('server')
      .close().frames,
  'both sides open at once': openedAtOnce,
  'both sides open at once, at the wrap': options =>
    openedAtOnce({ ...options, clientSeq: 0xffff_fffd, serverSeq: 0xffff_fffc }),
  'ports are used again': reused,
  'a connection is kept alive, with and without a byte': keptAlive,
  'a connection is kept alive at the wrap': options => keptAlive({ ...options, clientSeq: 2 ** 32 - 1000 }),
  'a SYN is repeated': options =>
    new Conversation(options)
      .segment('client', { flags: SYN })
      .wait(1e6)
      .retransmit('client')
      .segment('server', { flags: SYN | ACK })
      .ack('client')
      .close().frames,
  'the answer to a SYN is repeated': options =>
    new Conversation(options)
      .segment('client', { flags: SYN })
      .segment('server', { flags: SYN | ACK })
      .wait(1e6)
      .retransmit('server')
      .ack('client')
      .close().frames,
  'a FIN is repeated': options =>
    open(options).fin('client').wait(300_000).retransmit('client').fin('server').ack('client').frames,
};

const FIRST_PORT = 20_000;
const names = Object.keys(CASES);
const FLAGS = ['retransmission', 'out_of_order', 'zero_window', 'keep_alive', 'reused_ports'];
let records: NetworkFields[];
let rows: Map<string, number>[];

beforeAll(() => {
  const frames = names.flatMap((name, n) =>
    (CASES[name] as (options: Options) => Frame[])({ clientPort: FIRST_PORT + n }),
  );
  frames.sort((a, b) => a.tsUs - b.tsUs);
  records = replay(frames).records;
  const fields = ['tcp.srcport', 'tcp.dstport', 'tcp.stream', ...FLAGS.map(flag => `tcp.analysis.${flag}`)];
  rows = names.map(() => new Map());
  for (const [srcPort, dstPort, stream, ...flags] of tsharkFields(
    pcapFile(frames, { linkType: LINKTYPE_ETHERNET }),
    fields,
  )) {
    const isClient = Number(srcPort) >= FIRST_PORT;
    const row = rows[Number(isClient ? srcPort : dstPort) - FIRST_PORT] as Map<string, number>;
    const side = isClient ? 'SRC' : 'DST';
    row.set(`stream ${stream}`, 1);
    FLAGS.forEach((flag, n) => {
      const key = flag === 'keep_alive' || flag === 'reused_ports' ? flag : `${side} ${flag}`;
      row.set(key, (row.get(key) ?? 0) + (flags[n] ? 1 : 0));
    });
  }
});

const COUNTED = { retransmission: 'RETRANS_PKTS', out_of_order: 'OOO_PKTS', zero_window: 'ZEROWIN_PKTS' };

const recordsOf = (n: number): NetworkFields[] =>
  records.filter(({ SRC_PORT, DST_PORT }) => SRC_PORT === FIRST_PORT + n || DST_PORT === FIRST_PORT + n);

test.each(names.map((name, n): [string, number] => [name, n]))('%s: counted as tshark flags it', (_, n) => {
  const row = rows[n] as Map<string, number>;
  const own = recordsOf(n).filter(({ STATE }) => STATE !== 'ACTIVE');
  expect(own).toHaveLength([...row.keys()].filter(key => key.startsWith('stream')).length);
  const counts: { [name: string]: number } = {};
  const judged: { [name: string]: number } = {};
  for (const side of ['SRC', 'DST']) {
    for (const [flag, field] of Object.entries(COUNTED)) {
      judged[`${side}_${field}`] = row.get(`${side} ${flag}`) ?? 0;
      counts[`${side}_${field}`] = recordsOf(n).reduce((sum, record) => sum + Number(record[`${side}_${field}`]), 0);
    }
  }
  expect(counts).toEqual(judged);
  for (const { STATE, LOST_BYTES, SRC_PORT } of own) {
    expect({ STATE, LOST_BYTES, SRC_PORT }).toEqual({ STATE: 'SF', LOST_BYTES: 0, SRC_PORT: FIRST_PORT + n });
  }
});

test('the conversations have the corners they are named for', () => {
  const sum = (key: string): number => rows.reduce((total, row) => total + (row.get(key) ?? 0), 0);
  expect(sum('keep_alive')).toBe(12);
  expect(sum('reused_ports')).toBe(1);
  for (const flag of ['SRC retransmission', 'SRC out_of_order', 'DST zero_window'])
    expect(sum(flag)).toBeGreaterThan(0);
});
