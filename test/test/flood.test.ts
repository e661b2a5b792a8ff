import { beforeAll, describe, expect, test } from '@jest/globals';
import {
  addNetworkFields,
  ConversationReader,
  createFlowTable,
  DEFAULT_MAX_FLOWS,
  DISSECTED,
  dissect,
  type FlowStats,
  Packet,
} from '@nanogelf/probe';
import { growthSince, type Memory, memoryNow } from '../src/memory.ts';
import {
  ACK,
  Conversation,
  ethernet,
  type Frame,
  ipv4,
  LINKTYPE_ETHERNET,
  RST,
  SYN,
  tcp,
} from '../src/packets/index.ts';
import { asWritten, type NetworkFields, replay } from './flow-kit.ts';

/** Floods from sources that come once, through dissect and a table of the default size, while conversations go on. */
const START_US = 1_700_000_000_000_000;
/** 250 000 packets a second. */
const STEP_US = 4;
const TALKS = 200;
/** Port of the conversations; the floods go to another one. */
const SERVICE = 443;
/** Eviction looks for a 16th of the table at a time; what goes is among so many oldest ones. */
const EVICTION_BATCH = DEFAULT_MAX_FLOWS / 16;
/** Buffers and objects that are kept after the table has filled: nothing but noise. */
const MAX_KEPT_GROWTH = 2 << 20;
/** Of the process: garbage of the young generation, pages of the compiled code. */
const MAX_RESIDENT_GROWTH = 32 << 20;

/** Who sends one packet of the flood. */
interface Volley {
  readonly flags: number;
  readonly fromServer: boolean;
}

const SYN_ONLY: Volley[] = [{ flags: SYN, fromServer: false }];
const ANSWERED: Volley[] = [...SYN_ONLY, { flags: SYN | ACK, fromServer: true }];
const REFUSED: Volley[] = [...SYN_ONLY, { flags: RST | ACK, fromServer: true }];
const RESETS: Volley[] = [{ flags: RST, fromServer: false }];

interface Flood {
  readonly stats: FlowStats;
  /** Of the conversations, by the client's port. */
  readonly records: NetworkFields[];
  /** How many of the flood's conversations were given up, and by how many places each thousandth went too early or late. */
  readonly evicted: number;
  readonly farthest: number;
  readonly growth: Memory;
}

/** Conversations of `spanUs`: every other one is silent from its handshake to its end. */
function talks(spanUs: number): Frame[] {
  const all = Array.from({ length: TALKS }, (_, n) => {
    const talk = new Conversation({
      clientPort: 30_000 + n,
      serverPort: SERVICE,
      startUs: START_US + n,
      stepUs: 1000,
      clientSeq: (0xffff_ff00 + n * 7) >>> 0,
    });
    talk.handshake();
    for (let turn = 0; turn < 6 && n % 2 === 0; turn++) {
      talk
        .wait(spanUs / 10)
        .send('client', 'GET')
        .send('server', 'x'.repeat(2000))
        .wait(300)
        .retransmit('server');
      talk.ack('client').lose('client', 'abc');
    }
    talk.tsUs = START_US + spanUs + n;
    return talk.send('client', 'bye').ack('server').close().frames;
  });
  return all.flat().sort((a, b) => a.tsUs - b.tsUs);
}

/** Frames of a flood are one buffer that changes: a million of them would be memory too. */
function volleyFrame({ flags, fromServer }: Volley): { frame: Buffer; aim: (source: number) => void } {
  const ports = fromServer ? { srcPort: 80, dstPort: 0 } : { srcPort: 0, dstPort: 80 };
  const addresses = fromServer ? { src: '10.0.0.2', dst: '0.0.0.0' } : { src: '0.0.0.0', dst: '10.0.0.2' };
  const frame = ethernet(ipv4(addresses, tcp({ ...ports, flags, ack: flags & ACK ? 1 : 0 })));
  const addressAt = fromServer ? 30 : 26;
  const portAt = fromServer ? 36 : 34;
  const aim = (source: number): void => {
    frame.writeUInt32BE(0x0b00_0000 + source, addressAt);
    frame.writeUInt16BE(1024 + (source % 60_000), portAt);
    if (flags & ACK) frame.writeUInt32BE(source + 1, 42);
    else frame.writeUInt32BE(source, 38);
  };
  return { frame, aim };
}

function flood(sources: number, volleys: readonly Volley[]): Flood {
  const packet = new Packet();
  const records: NetworkFields[] = [];
  let evicted = 0;
  let farthest = 0;
  const aimed = volleys.map(volleyFrame);
  const established = talks(sources * volleys.length * STEP_US);
  let isFinishing = false;
  const flows = createFlowTable({
    onRecord: (slot, final) => {
      if (flows.dstPortOf(slot) === SERVICE) {
        records.push(asWritten(addNetworkFields({ ...reader.read(slot) }, flows, slot, final, packet.tsUs)));
        return;
      }
      if (isFinishing) return;
      if (evicted % 1000 === 0) farthest = Math.max(farthest, Math.abs(sourceOf(reader.read(slot)) - evicted));
      evicted++;
    },
  });
  const reader = new ConversationReader(flows, [{ name: 'eth0', linkType: 1, addresses: ['10.0.0.9'] }]);
  const take = (bytes: Uint8Array, tsUs: number): void => {
    const status = dissect(packet, bytes, 0, bytes.length, bytes.length, tsUs, 0, LINKTYPE_ETHERNET, -1);
    if (status === DISSECTED) flows.packet(packet);
  };
  let next = 0;
  const takeUntil = (tsUs: number): void => {
    for (; next < established.length && (established[next] as Frame).tsUs <= tsUs; next++) {
      take((established[next] as Frame).bytes, (established[next] as Frame).tsUs);
    }
  };
  let warm = memoryNow();
  let tsUs = START_US;
  for (let source = 0; source < sources; source++) {
    if (source === sources >> 1) warm = memoryNow();
    for (const { frame, aim } of aimed) {
      tsUs += STEP_US;
      takeUntil(tsUs);
      aim(source);
      take(frame, tsUs);
    }
  }
  const growth = growthSince(warm);
  takeUntil(Number.POSITIVE_INFINITY);
  isFinishing = true;
  flows.finish();
  return { stats: flows.stats(), records: byPort(records), evicted, farthest, growth };
}

const sourceOf = ({ SRC_IP, DST_IP }: { SRC_IP?: unknown; DST_IP?: unknown }): number => {
  const address = String(SRC_IP === '10.0.0.2' ? DST_IP : SRC_IP).split('.');
  return address.reduce((value, part) => value * 256 + Number(part), 0) - 0x0b00_0000;
};

const byPort = (records: NetworkFields[]): NetworkFields[] =>
  records.sort((a, b) => Number(a.SRC_PORT) - Number(b.SRC_PORT));

const MILLION = 1_000_000;

const floods: [string, number, Volley[]][] = [
  ['SYN that nobody answers', MILLION, SYN_ONLY],
  ['half-open attempts: SYN and SYN+ACK', MILLION / 5, ANSWERED],
  ['refused attempts: SYN and RST', MILLION / 5, REFUSED],
  ['a storm of RST', MILLION / 5, RESETS],
];

describe.each(floods)('%s from %i sources', (_, sources, volleys) => {
  let stormy: Flood;

  beforeAll(() => {
    stormy = flood(sources, volleys);
  });

  test('conversations that go on, or rest, keep their exact numbers', () => {
    const alone = replay(talks(sources * volleys.length * STEP_US)).records;
    expect(alone).toHaveLength(TALKS);
    expect(stormy.records).toEqual(byPort(alone));
    expect(
      alone.filter(({ RETRANS_PKTS, LOST_BYTES }) => Number(RETRANS_PKTS) > 0 && Number(LOST_BYTES) > 0),
    ).toHaveLength(TALKS / 2);
  });

  test('each attempt that had to go is counted, and made its record', () => {
    const evicted = sources + TALKS - DEFAULT_MAX_FLOWS;
    expect(stormy.stats).toMatchObject({ created: sources + TALKS, evicted, expired: 0, reused: 0 });
    expect(stormy.stats).toMatchObject({ finished: DEFAULT_MAX_FLOWS, flows: 0, records: sources + TALKS });
    expect(stormy.evicted).toBe(evicted);
  });

  test('the oldest attempts go first, to within what eviction looks for at a time', () => {
    expect(stormy.farthest).toBeLessThan(2 * EVICTION_BATCH);
  });

  test('memory stays as it was when the table had filled', () => {
    expect(stormy.growth.keptBytes).toBeLessThan(MAX_KEPT_GROWTH);
    expect(stormy.growth.residentBytes).toBeLessThan(MAX_RESIDENT_GROWTH);
  });
});
