import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Counters } from '../src/counters.ts';
import { type LiveProbe, type LiveScene, makeLiveScene, watchLoopback } from '../src/live/index.ts';
import { serveNginx, serveNodeHttp1 } from '../src/servers/http1.ts';

const PORT = 8080;
const DOWNLOAD_BYTES = 2 ** 30;
const UPLOAD_BYTES = 100_000_000;
/** What the probe may take, its own program and libraries included (mem-limit). */
const RESIDENT_LIMIT_KB = 110 * 1024;

let scene: LiveScene;
let probe: LiveProbe;
beforeEach(async () => {
  scene = makeLiveScene();
  probe = await watchLoopback(scene.host, scene.folder);
});
afterEach(() => scene.remove());

/** Peak of the probe's memory so far. */
function residentKb(): number {
  const status = readFileSync(`/proc/${probe.program.pid}/status`, 'utf8');
  return Number(/VmHWM:\s*(\d+)/.exec(status)?.[1]);
}

/** A busy machine drops frames, or sees them in another order than the memory for that bears. */
const wasWhole = (counters: Counters): boolean =>
  counters['capture.dropped'] === undefined && counters['flow.streamOverflows'] === undefined;

test('a download of a gigabyte is one exchange of its size, within the memory', async () => {
  await serveNginx(scene.host, scene.folder, PORT, DOWNLOAD_BYTES);
  const options = ['-s', '-o', '/dev/null', '-w', '%{http_code} %{size_download}', '--limit-rate', '100M'];
  const said = await scene.host.run('curl', [...options, `http://127.0.0.1:${PORT}/large`]);
  await probe.settle();
  const peakKb = residentKb();
  const { exchanges, counters } = await probe.finish();
  console.log(`peak ${peakKb} KB`, counters);
  expect(exchanges.map(({ RETCODE, RSP_BODY_BYTES }) => `${RETCODE} ${RSP_BODY_BYTES}`)).toEqual([said]);
  const isWhole = wasWhole(counters);
  expect(exchanges[0]?.ERR).toEqual(isWhole ? undefined : ['lost_bytes']);
  expect(peakKb).toBeLessThan(RESIDENT_LIMIT_KB);
}, 60_000);

test('an upload of 100 MB in chunks is one exchange of its size, within the memory', async () => {
  await serveNodeHttp1(scene.host, PORT);
  const script = `head -c ${UPLOAD_BYTES} /dev/zero | curl -s --limit-rate 40M -H 'Expect:' -T - http://127.0.0.1:${PORT}/count`;
  const said = await scene.host.run('sh', ['-c', script]);
  await probe.settle();
  const peakKb = residentKb();
  const { exchanges, counters } = await probe.finish();
  console.log(`peak ${peakKb} KB`, counters);
  expect(said).toBe(`${UPLOAD_BYTES} bytes`);
  expect(exchanges).toMatchObject([{ METHOD: 'PUT', RETCODE: 200, RSP_BODY: `${said}\n` }]);
  const isWhole = wasWhole(counters);
  if (isWhole) expect(exchanges).toMatchObject([{ REQ_BODY_BYTES: UPLOAD_BYTES }]);
  expect(exchanges[0]?.ERR).toEqual(isWhole ? undefined : expect.arrayContaining(['lost_bytes']));
  expect(peakKb).toBeLessThan(RESIDENT_LIMIT_KB);
}, 60_000);
