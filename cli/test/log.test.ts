import { expect, test } from '@jest/globals';
import { createLog, type LogOptions } from '../src/log.ts';

function record(options: Partial<LogOptions>) {
  const lines: string[] = [];
  const log = createLog({
    write: line => lines.push(line),
    format: 'text',
    colour: false,
    syslogPrefix: false,
    level: 'info',
    ...options,
  });
  return { lines, log };
}

test('JSON lines carry the level, the message and the fields', () => {
  const { lines, log } = record({ format: 'json' });
  log.warn('no room', { dropped: 3 });
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'warn', message: 'no room', dropped: 3 });
  expect(lines[0]?.endsWith('}\n')).toBe(true);
});

test('text is one line whatever the message holds', () => {
  const { lines, log } = record({});
  log.error('bad\nname \x1b[31m', { device: 'eth0\r' });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^[\d:.]{12} error bad name {2}?\[31m device=eth0 \n$/);
});

test('colour is only there when asked for', () => {
  const plain = record({ colour: false });
  const coloured = record({ colour: true });
  for (const { log } of [plain, coloured]) log.info('hello');
  expect(plain.lines[0]).not.toContain('\x1b[');
  expect(coloured.lines[0]).toContain('\x1b[36m');
});

test('a line for the journal begins with its severity', () => {
  const { lines, log } = record({ syslogPrefix: true, format: 'json' });
  log.error('gone');
  expect(lines[0]).toMatch(/^<3>\{/);
});

test('repeats are counted instead of written', () => {
  const { lines, log } = record({});
  for (let i = 0; i < 1000; i++) log.warn(i % 2 ? 'one' : 'other');
  expect(lines).toHaveLength(2);
  log.flush();
  expect(lines).toHaveLength(4);
  expect(lines[2]).toContain('other (came 499 more times)');
  log.warn('one');
  expect(lines).toHaveLength(5);
});

test('no line holds a secret key, in its message or its fields', () => {
  for (const format of ['json', 'text'] as const) {
    const { lines, log } = record({ format });
    log.warn('cannot use nk1s_abcdef', { value: 'nk1m_ghijkl' });
    expect(lines[0]).not.toMatch(/abcdef|ghijkl/);
  }
});

test('a level below the wanted one is not written', () => {
  const { lines, log } = record({ level: 'warn' });
  log.info('quiet');
  log.debug('quieter');
  log.warn('loud');
  expect(lines).toHaveLength(1);
});
