import { execFileSync } from 'node:child_process';
import { afterEach, expect, test } from '@jest/globals';
import { hexdump, sideBySide } from '../src/demo/hexdump.ts';
import { type Service, startDnsService, startHttpService } from '../src/demo/services.ts';
import { startVisits } from '../src/demo/visitors.ts';
import { pause, runProgram } from '../src/hosts/index.ts';

const services: Service[] = [];
afterEach(() => {
  for (const service of services.splice(0)) service.close();
});

async function started(service: Promise<Service>): Promise<number> {
  services.push(await service);
  return (await service).port;
}

test('curl gets the pages of the HTTP service', async () => {
  const port = await started(startHttpService());
  const statusOf = (path: string) =>
    runProgram('curl', ['-s', '-o', '/dev/null', '-w', '%{http_code}', `http://127.0.0.1:${port}${path}`]);
  expect(await runProgram('curl', ['-s', `http://127.0.0.1:${port}/orders/42`])).toContain('umbrella');
  expect(await statusOf('/nowhere')).toBe('404');
  expect(await statusOf('/login')).toBe('302');
});

test('dig gets answers from the DNS service, and NXDOMAIN for other names', async () => {
  const port = await started(startDnsService());
  const dig = (...args: string[]) => runProgram('dig', ['@127.0.0.1', '-p', `${port}`, '+tries=1', '+time=2', ...args]);
  expect(await dig('+short', 'shop.demo.example')).toBe('192.0.2.10');
  expect(await dig('nobody.demo.example')).toContain('status: NXDOMAIN');
});

test('the visitors use both services until they are stopped', async () => {
  const visits = startVisits(await started(startHttpService()), await started(startDnsService()));
  await pause(100);
  await visits.stop();
  const { requests, queries } = visits;
  expect(requests).toBeGreaterThan(0);
  expect(queries).toBe(requests);
  await pause(500);
  expect(visits.requests).toBe(requests);
});

test('a hexdump shows the same bytes as od', () => {
  const bytes = Uint8Array.from({ length: 50 }, (_, index) => index * 5);
  const lines = execFileSync('od', ['-v', '-A', 'x', '-t', 'x1z'], { input: bytes, encoding: 'utf8' }).split('\n');
  const plain = (line: string) =>
    line
      .replace(/^00(?=[0-9a-f]{4} )/, '')
      .replace(/>(.*)<$/, '$1')
      .replaceAll(/ +/g, ' ');
  expect(hexdump(bytes).map(plain)).toEqual(lines.slice(0, 4).map(plain));
});

test('two texts stand side by side, the right one wrapped', () => {
  expect(sideBySide(['abc', 'd'], '1234567', 3)).toEqual(['abc │ 123', 'd   │ 456', '    │ 7']);
});
