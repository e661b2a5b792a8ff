import { expect, test } from '@jest/globals';
import { Reporter } from '../src/report.ts';

const totals = { kid: 7, name: 'web', received: 10, lost: 2, late: 1, duplicated: 0, replayed: 0 };

test('a report counts what happened since the last one, for probes something happened to', () => {
  const reporter = new Reporter();
  expect(reporter.report([totals, { ...totals, kid: 8, received: 0, lost: 0, late: 0 }], 1_500)).toMatchObject([
    { record: { probe: 'web', kid: 7, timestamp: 1.5, level: 4, relay_received: 10, relay_lost: 2, relay_late: 1 } },
  ]);
  expect(reporter.report([{ ...totals, received: 15, lost: 1 }], 2_500)).toMatchObject([
    { record: { relay_received: 5, relay_lost: -1, relay_late: 0 } },
  ]);
  expect(reporter.report([{ ...totals, received: 15, lost: 1 }], 3_500)).toEqual([]);
});
