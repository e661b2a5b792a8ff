import { expect, test } from '@jest/globals';
import { Pairing } from '@nanogelf/probe';

/** @returns a pairing of numbers, and the requests that it gave up */
function pairing(limit?: number, midStream = false) {
  const givenUp: number[] = [];
  return { pairs: new Pairing<number>(midStream, request => givenUp.push(request), limit), givenUp };
}

test('counts requests beyond its limit, so that answers still find the others', () => {
  const { pairs, givenUp } = pairing(2);
  for (const request of [1, 2, 3, 4]) pairs.ask(request);
  expect(givenUp).toEqual([3, 4]);
  expect([1, 2, 3, 4].map(() => pairs.answer())).toEqual([1, 2, undefined, undefined]);
  pairs.ask(5);
  expect(pairs.answer()).toBe(5);
});

test('pairs on behind a request that there was no room for', () => {
  const { pairs } = pairing();
  for (const request of [1, undefined, 3]) pairs.ask(request);
  expect([pairs.answer(), pairs.answer(), pairs.answer()]).toEqual([1, undefined, undefined]);
});

test('trusts a client that asks in bursts when it asks again after a loss', () => {
  const { pairs, givenUp } = pairing();
  for (const request of [1, 2, 3]) pairs.ask(request);
  expect(pairs.answer()).toBe(1);
  pairs.lose(1);
  expect(pairs.ask(4)).toBe(true);
  expect(givenUp).toEqual([2, 3]);
  pairs.ask(5);
  expect([pairs.answer(), pairs.answer()]).toEqual([4, 5]);
});

test('does not pair the rest of a burst of which requests were lost', () => {
  const { pairs } = pairing();
  pairs.ask(1);
  pairs.lose(0);
  pairs.ask(3);
  expect(pairs.answer()).toBe(1);
  expect([pairs.answer(), pairs.answer()]).toEqual([undefined, undefined]);
  expect(pairs.ask(4)).toBe(true);
  expect(pairs.answer()).toBe(4);
});

test('trusts no client, after a loss, that asked while answers were still coming', () => {
  const { pairs } = pairing();
  pairs.ask(1);
  pairs.ask(2);
  pairs.answer();
  pairs.ask(3);
  expect([pairs.answer(), pairs.answer()]).toEqual([2, 3]);
  pairs.lose(1);
  expect(pairs.ask(4)).toBe(false);
  expect(pairs.answer()).toBeUndefined();
  expect(pairs.ask(5)).toBe(false);
  expect(pairs.answer()).toBeUndefined();
});

test('sees in mid-stream that a client does not wait', () => {
  const { pairs } = pairing(undefined, true);
  pairs.ask(1);
  pairs.ask(2);
  expect(pairs.answer()).toBeUndefined();
  expect(pairs.ask(3)).toBe(false);
  expect(pairs.overlaps).toBe(true);
  expect(pairs.answer()).toBeUndefined();
});
