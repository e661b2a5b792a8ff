import { expect, test } from '@jest/globals';
import { Backlog } from '../src/outputs/backlog.ts';
import { MAX_MESSAGE_BYTES, MessageCutter } from '../src/tls/messages.ts';

function cut(...pieces: string[]): { messages: string[]; cutter: MessageCutter } {
  const cutter = new MessageCutter();
  const messages: string[] = [];
  for (const piece of pieces) cutter.push(Buffer.from(piece), message => messages.push(message.toString()));
  return { messages, cutter };
}

test('messages end at a NUL or a newline, wherever the stream is cut', () => {
  const text = '{"a":1}\0{"b":2}\n\n{"c":3}\0';
  for (let at = 0; at <= text.length; at++) {
    expect(cut(text.slice(0, at), text.slice(at)).messages).toEqual(['{"a":1}', '{"b":2}', '{"c":3}']);
  }
  expect(cut(...text).messages).toHaveLength(3);
  expect(cut('{"unfinished"').messages).toEqual([]);
});

test('a message without end is passed over and counted, what follows is read', () => {
  const { messages, cutter } = cut('x'.repeat(MAX_MESSAGE_BYTES), 'x', 'x', '\n{"b":2}\n');
  expect([messages, cutter.tooLong]).toEqual([['{"b":2}'], 1]);
});

const message = (text: string): Uint8Array => Buffer.from(text);
const textOf = (...messages: (Uint8Array | undefined)[]) => messages.map(each => each && Buffer.from(each).toString());

test('what was written and not confirmed is written again after a break, in order', () => {
  const backlog = new Backlog(100);
  for (const text of ['a', 'b', 'c']) expect(backlog.add(message(text))).toBe(true);
  expect(textOf(backlog.next(), backlog.next())).toEqual(['a', 'b']);
  expect(backlog.confirm(1)).toBe(1);
  expect(backlog.rewind()).toBe(1);
  expect(textOf(backlog.next(), backlog.next(), backlog.next())).toEqual(['b', 'c', undefined]);
});

test('a full backlog refuses, and takes again what confirmations made room for', () => {
  const backlog = new Backlog(10);
  expect([backlog.add(message('123456')), backlog.add(message('123456'))]).toEqual([true, false]);
  backlog.next();
  backlog.confirm(1);
  expect(backlog.add(message('123456'))).toBe(true);
});

test('a peer that confirms more than was written is not believed', () => {
  const backlog = new Backlog(10_000);
  for (let i = 0; i < 10; i++) backlog.add(message('x'));
  backlog.next();
  expect([backlog.confirm(1e9), backlog.confirm(-5), backlog.length]).toEqual([1, 0, 9]);
});

test('a long life with confirmations holds nothing of what is gone', () => {
  const backlog = new Backlog(100);
  for (let i = 0; i < 20_000; i++) {
    expect(backlog.add(message(String(i)))).toBe(true);
    expect(String(Buffer.from(backlog.next() ?? []))).toBe(String(i));
    backlog.confirm(1);
  }
  expect(backlog.isEmpty).toBe(true);
});
