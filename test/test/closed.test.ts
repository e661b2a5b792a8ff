import { expect, test } from '@jest/globals';
import { Engine, PROTOCOLS } from '@nanogelf/probe';
import { Conversation, type Frame } from '../src/packets/index.ts';
import { replay } from './flow-kit.ts';

const get = (url: string): string => `GET ${url} HTTP/1.1\r\nHost: h\r\n\r\n`;
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1';
const answered = (): Conversation => new Conversation().handshake().send('client', get('/1')).send('server', OK);

/** @returns what was read of a conversation, and how many were still being read before it ended */
function read(frames: readonly Frame[]): { summaries: string[]; sessions: number | undefined } {
  const summaries: string[] = [];
  let engine: Engine | undefined;
  let sessions: number | undefined;
  replay(frames, {
    listener: flows => {
      const options = { protocols: PROTOCOLS, bodyLen: 64, bodies: true };
      engine = new Engine(options, flows, (_slot, _title, { summary }) => summaries.push(summary));
      return engine;
    },
    beforeFinish: () => {
      sessions = engine?.stats().sessions;
    },
  });
  return { summaries, sessions };
}

test('a conversation that is open, or was closed with a request unanswered, goes on being read', () => {
  expect(read(answered().frames).sessions).toBe(1);
  const unanswered = answered().send('client', get('/2')).close();
  expect(read(unanswered.frames)).toEqual({ summaries: ['GET /1 200', 'GET /2 -'], sessions: 1 });
});

test('a conversation that was closed and has told all is let go of before it ends', () => {
  expect(read(answered().close().frames)).toEqual({ summaries: ['GET /1 200'], sessions: 0 });
});

test('what was under way when a conversation was broken off is read', () => {
  const late = answered().rst('server').send('client', get('/2'));
  expect(read(late.frames)).toEqual({ summaries: ['GET /1 200', 'GET /2 -'], sessions: 1 });
});
