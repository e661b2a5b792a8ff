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

test('each report has an id of its own, of the same make as those of records', () => {
  const reporter = new Reporter();
  const reports = [...reporter.report([totals, { ...totals, kid: 8 }], 1_500), ...reporter.report([totals], 2_500)];
  const more = reporter.report([{ ...totals, received: 11 }], 3_500);
  const ids = [...reports, ...more].map(delivery => delivery.kind === 'record' && delivery.record.record_id);
  expect(ids).toEqual(Array(3).fill(expect.stringMatching(/^[\w-]{20}$/)));
  expect(new Set(ids).size).toBe(3);
});
