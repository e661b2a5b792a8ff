import { expect, test } from '@jest/globals';
import { type Profile, timeByStation } from '../src/bench/profile.ts';
import { verdict } from '../src/bench/report.ts';
import { NANO_PROBE } from '../src/programs.ts';

const inProbe = (file: string): string => `file://${NANO_PROBE.replace('main.js', file)}`;

test('a profile is summed up by the station that the code lies in, or that called it', () => {
  const frame = (functionName: string, url = '') => ({ functionName, url });
  const profile: Profile = {
    nodes: [
      { id: 1, callFrame: frame('(root)'), children: [2, 3, 4, 5] },
      { id: 2, callFrame: frame('packet', inProbe('flow/table.js')), children: [6] },
      { id: 3, callFrame: frame('(idle)') },
      { id: 4, callFrame: frame('(garbage collector)') },
      { id: 5, callFrame: frame('drain', inProbe('capture/pcap-file.js')), children: [7] },
      { id: 6, callFrame: frame('take', inProbe('flow/streams.js')) },
      { id: 7, callFrame: frame('readSync', 'node:fs') },
    ],
    samples: [1, 2, 3, 4, 5, 6, 7],
    timeDeltas: [1, 10, 100, 1000, 10_000, 100_000, 1_000_000],
  };
  const times = [...timeByStation(profile)].filter(([, time]) => time > 0);
  expect(Object.fromEntries(times)).toEqual({
    'start-up, and Node itself': 1,
    'flow table': 10,
    'garbage collection': 1000,
    read: 1_010_000,
    streams: 100_000,
  });
});

test('a row says whether the goal was met, the floor kept, or neither', () => {
  expect([0.9, 1.1, 1.4, Number.NaN].map(ratio => verdict(ratio, 1, 1.3))).toEqual([
    'goal met',
    'floor kept',
    '**missed**',
    'not measured',
  ]);
  expect(verdict(5, undefined, undefined)).toBe('');
});
