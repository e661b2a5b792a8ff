import { execFileSync } from 'node:child_process';
import { closeSync, constants, createReadStream, mkdtempSync, openSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { formatJson, LineSink, type LineSinkOptions } from '../../src/outputs/line-sink.ts';

const folder = mkdtempSync(join(tmpdir(), 'nano-lines-'));
const body = 'x'.repeat(1000);

function makeSink(fd: number, options: Partial<LineSinkOptions> = {}): LineSink {
  return new LineSink({ fd, format: formatJson, lossless: false, onClosed: () => {}, ...options });
}

/** A pipe that nobody reads yet. */
function makePipe(name: string): { path: string; fd: number } {
  const path = join(folder, name);
  execFileSync('mkfifo', [path]);
  return { path, fd: openSync(path, constants.O_RDWR | constants.O_NONBLOCK) };
}

test.each([true, false])('a file gets every line in order (lossless %s)', async lossless => {
  const path = join(folder, `file-${lossless}`);
  const fd = openSync(path, 'w');
  const sink = makeSink(fd, { lossless });
  for (let index = 0; index < 5000; index++) expect(sink.write({ index, body })).toBe(true);
  await sink.close();
  closeSync(fd);
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  expect(lines.map(line => JSON.parse(line).index)).toEqual(Array.from({ length: 5000 }, (_, index) => index));
});

test('a live sink drops and counts what a reader does not take, and never a part of a line', async () => {
  const { path, fd } = makePipe('slow');
  const sink = makeSink(fd);
  let taken = 0;
  for (let index = 0; index < 20_000; index++) if (sink.write({ index, body })) taken++;
  expect(taken).toBeLessThan(20_000);
  expect(sink.stats()).toMatchObject({ 'dropped.queue_full': 20_000 - taken });

  const reader = createReadStream(path);
  const chunks: Buffer[] = [];
  reader.on('data', chunk => chunks.push(Buffer.from(chunk)));
  await sink.close();
  expect(sink.stats()).toMatchObject({ sent: taken });
  while (Buffer.concat(chunks).toString().split('\n').length <= taken)
    await new Promise(resolve => setTimeout(resolve, 5));
  const lines = Buffer.concat(chunks).toString().trimEnd().split('\n');
  expect(lines.map(line => JSON.parse(line).index)).toEqual(Array.from({ length: taken }, (_, index) => index));
  reader.destroy();
  closeSync(fd);
});

test('a live sink loses nothing of who waits for it', async () => {
  const path = join(folder, 'patient');
  const fd = openSync(path, 'w');
  const sink = makeSink(fd);
  for (let index = 0; index < 20_000; index++) {
    await sink.congestion();
    expect(sink.write({ index, body })).toBe(true);
  }
  await sink.close();
  closeSync(fd);
  expect(readFileSync(path, 'utf8').split('\n').length).toBe(20_001);
});

test('a line without an end is none: what the format leaves out is not written', async () => {
  const path = join(folder, 'some');
  const fd = openSync(path, 'w');
  const sink = makeSink(fd, { format: ({ index }) => (Number(index) % 2 ? String(index) : undefined) });
  for (let index = 0; index < 6; index++) sink.write({ index });
  await sink.close();
  closeSync(fd);
  expect(readFileSync(path, 'utf8')).toBe('1\n3\n5\n');
});

test.each([true, false])('what a reader that went away did not take is counted (lossless %s)', async lossless => {
  const path = join(folder, `left-${lossless}`);
  execFileSync('mkfifo', [path]);
  const reading = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  const sink = makeSink(fd, { lossless });
  for (let index = 0; index < 300; index++) {
    if (index === 100) closeSync(reading);
    sink.write({ index, body });
  }
  await sink.close();
  const { sent = 0, 'dropped.closed': dropped } = sink.stats();
  expect(dropped).toBe(300 - sent);
  closeSync(fd);
});

test.each([true, false])('a reader that went away is told once (lossless %s)', async lossless => {
  const path = join(folder, `gone-${lossless}`);
  execFileSync('mkfifo', [path]);
  const reading = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const fd = openSync(path, constants.O_WRONLY);
  closeSync(reading);
  let told = 0;
  const sink = makeSink(fd, { lossless, onClosed: () => told++ });
  for (let index = 0; index < 500; index++) sink.write({ index, body });
  await sink.close();
  expect(told).toBe(1);
  expect(sink.write({})).toBe(false);
  closeSync(fd);
});
