import { Writable } from 'node:stream';
import { expect, test } from '@jest/globals';
import { Backlog } from '../src/outputs/backlog.ts';
import { Acknowledger, MAX_MESSAGE_BYTES, MessageCutter } from '../src/tls/messages.ts';

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

test('a message of the greatest length comes whole, in small parts as in one', () => {
  const text = `${'x'.repeat(MAX_MESSAGE_BYTES - 1)}y`;
  const parts = text.match(/.{1,1000}/g) ?? [];
  for (const pieces of [[text], parts, ['x', text.slice(1)]]) {
    const { messages, cutter } = cut(...pieces, '\0{"b":2}\0');
    expect([messages.length, messages[0] === text, messages[1], cutter.tooLong]).toEqual([2, true, '{"b":2}', 0]);
  }
});

test('a peer that reads no acknowledgement is owed the latest one alone', () => {
  const written: string[] = [];
  let goOn = () => {};
  const stream = new Writable({
    highWaterMark: 1_000,
    write: (bytes, _, done) => {
      written.push(String(bytes));
      goOn = done;
    },
  });
  const acknowledger = new Acknowledger(stream);
  for (let total = 1; total <= 100_000; total++) acknowledger.tell(total);
  expect(stream.writableLength).toBeLessThan(1_010);
  return new Promise<void>(resolve => {
    const read = setInterval(() => {
      goOn();
      if (written.at(-1) !== '100000\n') return;
      clearInterval(read);
      resolve();
    }, 0);
  });
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
