// cold. RabbitMQ for live tests. It takes some seconds to start: one for all tests of a file.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '../hosts/index.ts';

/** Who may log in, and where. */
export const RABBITMQ = { user: 'ada', password: 'first-secret', vhost: 'shop' } as const;

const SERVER = '/usr/lib/rabbitmq/bin/rabbitmq-server'; // the one on PATH insists on the system's user and folders
const START_MS = 60_000; // on a busy machine

/** Starts it on the host's loopback; returns when it takes connections. It ends with the host.
 *  @param folder for all that it writes */
export async function startRabbitmq(host: Host, folder: string, port: number): Promise<void> {
  const { user, password, vhost } = RABBITMQ;
  const settings = [
    `listeners.tcp.1 = 127.0.0.1:${port}`,
    `default_user = ${user}`,
    `default_pass = ${password}`,
    `default_vhost = ${vhost}`,
  ];
  writeFileSync(join(folder, 'rabbitmq.conf'), `${settings.join('\n')}\n`);
  writeFileSync(join(folder, 'plugins'), '[].\n');
  const env = {
    HOME: folder,
    RABBITMQ_MNESIA_BASE: join(folder, 'mnesia'),
    RABBITMQ_LOG_BASE: folder,
    RABBITMQ_LOGS: '-',
    RABBITMQ_NODENAME: 'rabbit@localhost',
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
    ERL_EPMD_ADDRESS: '127.0.0.1',
  };
  await host.start(SERVER, [], { env }).line(/Server startup complete/, START_MS);
}
