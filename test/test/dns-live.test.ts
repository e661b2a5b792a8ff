import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type LiveScene, makeLiveScene, watchLoopback } from '../src/live/index.ts';

let scene: LiveScene;
beforeEach(() => {
  scene = makeLiveScene();
});
afterEach(() => scene.remove());

test('a lookup by dig is told as dig tells it', async () => {
  const { host, folder } = scene;
  host.start('dnsmasq', ['-k', '-p', '5300', '-R', '-h', '-A', '/a.example/192.0.2.7']);
  const probe = await watchLoopback(host, folder);
  const said = await host.run('dig', ['@127.0.0.1', '-p', '5300', '+short', '+retry=5', 'a.example']);
  const { exchanges } = await probe.finish();
  expect(said).toBe('192.0.2.7');
  expect(exchanges).toMatchObject([{ L7_PROTOCOL: 'DNS', DOMAIN: 'a.example', RESULT_IP: ['192.0.2.7'] }]);
});
