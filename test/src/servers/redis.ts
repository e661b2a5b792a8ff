// cold. redis-server for live tests.
import type { Host, Program } from '../hosts/index.ts';

/** Starts it on the host's loopback; returns when it takes commands.
 *  @param folder where it may write; nothing is saved
 *  @param options as `redis-server --option value` takes them */
export async function startRedis(
  host: Host,
  folder: string,
  port: number,
  options: readonly string[] = [],
): Promise<Program> {
  const own = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', ''];
  const server = host.start('redis-server', [...own, ...options]);
  await server.line(/Ready to accept connections/);
  return server;
}
