// cold. What the bench's traffic looks like: kinds of conversations.
import { Conversation, type Frame, type Side, udpFrames } from '../packets/index.ts';

/** Draws the numbers that make each conversation a different one. */
export interface Dice {
  /** @returns a whole number from..to, both included */
  between(from: number, to: number): number;
  /** @returns true in `share` of all cases */
  chance(share: number): boolean;
}

/** Who talks to whom, and when. */
export interface Endpoints {
  readonly client: string;
  readonly server: string;
  readonly clientPort: number;
  readonly startUs: number;
  /** How often these endpoints have talked before. */
  readonly round: number;
}

/** All frames of one conversation, in order of time. */
export type Kind = (dice: Dice, endpoints: Endpoints) => Frame[];

const TEXT = Buffer.from('The quick brown fox jumps over the lazy dog, and the log says so. '.repeat(2000));
const NOISE = Buffer.from(
  Uint8Array.from({ length: 1 << 16 }, (_, index) => (Math.imul(index, 0x9e3779b1) >>> 24) | 0x80),
);
const TROUBLE = 0.004; // share of data segments with something wrong: a busy but healthy network
const RETRANSMIT_US = 220_000;
const RTT_US = 800;

/** Segments with an ACK for every second one, and here and there one lost, sent twice or out of order. */
function transfer(talk: Conversation, from: Side, bytes: Buffer, dice: Dice): void {
  const to: Side = from === 'client' ? 'server' : 'client';
  for (let at = 0; at < bytes.length; at += 1460) {
    const segment = bytes.subarray(at, at + 1460);
    if (dice.chance(TROUBLE)) disturb(talk, from, to, segment, dice);
    else talk.send(from, segment);
    const last = at + 1460 >= bytes.length;
    if (last) talk.wait(RTT_US);
    if (last || (at / 1460) % 2 === 1) talk.ack(to);
  }
}

function disturb(talk: Conversation, from: Side, to: Side, segment: Buffer, dice: Dice): void {
  const half = segment.length >> 1;
  switch (dice.between(0, 2)) {
    case 0:
      talk.lose(from, segment).wait(RETRANSMIT_US).retransmit(from).ack(to);
      return;
    case 1:
      talk.send(from, segment).wait(RETRANSMIT_US).retransmit(from).ack(to);
      return;
    default:
      talk
        .lose(from, segment.subarray(0, half))
        .send(from, segment.subarray(half))
        .retransmit(from, half > 0 ? 2 : 1)
        .ack(to);
  }
}

const start = (endpoints: Endpoints, serverPort: number, dice: Dice): Conversation =>
  new Conversation({
    ...endpoints,
    serverPort,
    stepUs: 60,
    clientSeq: dice.between(0, 0xffffffff),
    serverSeq: dice.between(0, 0xffffffff),
  }).handshake();

const request = (dice: Dice): Buffer =>
  Buffer.from(
    `${dice.chance(0.95) ? 'GET' : 'HEAD'} /shop/item/${dice.between(1, 99999)}?page=${dice.between(1, 9)} HTTP/1.1\r\n` +
      'Host: shop.example.com\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36\r\n' +
      'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\nAccept-Encoding: identity\r\n' +
      `Accept-Language: en-GB,en;q=0.5\r\nCookie: session=${dice.between(1e8, 1e9)}; seen=1\r\nConnection: keep-alive\r\n\r\n`,
  );

function response(bodyBytes: number, dice: Dice): Buffer {
  const status = dice.chance(0.95) ? '200 OK' : '404 Not Found';
  const head = `HTTP/1.1 ${status}\r\nServer: nginx\r\nDate: Tue, 14 Nov 2023 22:13:20 GMT\r\nContent-Type: text/html\r\nContent-Length: ${bodyBytes}\r\nConnection: keep-alive\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), TEXT.subarray(0, bodyBytes)]);
}

/** Keep-alive HTTP, a few exchanges a connection, most answers small. */
export const http: Kind = (dice, endpoints) => {
  const talk = start(endpoints, 80, dice);
  for (let count = dice.between(1, 8); count > 0; count--) {
    const asked = request(dice);
    transfer(talk, 'client', asked, dice);
    talk.wait(dice.between(500, 20_000));
    const bodyBytes = asked.subarray(0, 4).equals(Buffer.from('HEAD'))
      ? 0
      : dice.between(100, dice.chance(0.15) ? 60_000 : 6000);
    transfer(talk, 'server', response(bodyBytes, dice), dice);
    talk.wait(dice.between(1000, 300_000));
  }
  return talk.close().frames;
};

/** A download in some binary protocol. */
export const bulk: Kind = (dice, endpoints) => {
  const talk = start(endpoints, 8730, dice);
  transfer(talk, 'client', NOISE.subarray(0, 200), dice);
  for (let count = dice.between(4, 20); count > 0; count--) transfer(talk, 'server', NOISE, dice);
  return talk.close('server').frames;
};

/** Many small questions and answers in some binary protocol. */
export const chat: Kind = (dice, endpoints) => {
  const talk = start(endpoints, 7400, dice);
  for (let count = dice.between(2, 40); count > 0; count--) {
    transfer(talk, 'client', NOISE.subarray(0, dice.between(20, 200)), dice);
    talk.wait(dice.between(200, 5000));
    transfer(talk, 'server', NOISE.subarray(0, dice.between(20, 600)), dice);
    talk.wait(dice.between(1000, 50_000));
  }
  return dice.chance(0.9) ? talk.close().frames : talk.rst('client').frames;
};

/** One DNS query for an address, most of them answered. */
export const dns: Kind = (dice, endpoints) => {
  const id = dice.between(0, 65535);
  const head = (flags: number, answers: number) =>
    Buffer.from([id >> 8, id, flags >> 8, flags, 0, 1, 0, answers, 0, 0, 0, 0]);
  const label = `host-${dice.between(1, 9999)}`;
  const question = Buffer.concat([
    Buffer.from([label.length]),
    Buffer.from(`${label}\x07example\x03com\x00`, 'latin1'),
    Buffer.from([0, 1, 0, 1]),
  ]);
  const answer = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, dice.between(1, 254)]);
  const query = { side: 'client', payload: Buffer.concat([head(0x0100, 0), question]) } as const;
  const reply = { side: 'server', payload: Buffer.concat([head(0x8180, 1), question, answer]) } as const;
  const afterUs = dice.between(300, 30_000);
  return udpFrames(dice.chance(0.97) ? [query, { ...reply, afterUs }] : [query], { ...endpoints, serverPort: 53 });
};

/** Media: a burst of datagrams one way, a report now and then the other. */
export const media: Kind = (dice, endpoints) =>
  udpFrames(
    Array.from({ length: dice.between(20, 200) }, (_, index) => ({
      side: index % 25 === 24 ? 'client' : 'server',
      payload: NOISE.subarray(0, index % 25 === 24 ? 64 : dice.between(160, 1100)),
      afterUs: 4000,
    })),
    { ...endpoints, serverPort: 5004 },
  );

/** One datagram: there in the first round over all endpoints, back in the second, and so on. The least that keeps a
 *  flow open. */
export const turn: Kind = (_dice, endpoints) =>
  udpFrames([{ side: endpoints.round % 2 === 0 ? 'client' : 'server', payload: NOISE.subarray(0, 64) }], {
    ...endpoints,
    serverPort: 9999,
  });
