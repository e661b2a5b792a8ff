// cold. unbound, serving a zone of the test's own.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '../hosts/index.ts';

/** Starts it on the host's loopback; returns when it answers.
 *  @param records as a zone file has them; all names end in `example.` */
export async function startUnbound(
  host: Host,
  folder: string,
  port: number,
  records: readonly string[],
): Promise<void> {
  const config = join(folder, 'unbound.conf');
  const data = records.map(record => `  local-data: '${record}'`);
  const lines = [
    'server:',
    `  interface: 127.0.0.1@${port}`,
    '  do-daemonize: no',
    '  chroot: ""',
    '  username: ""',
    '  pidfile: ""',
    '  use-syslog: no',
    '  verbosity: 1',
    '  module-config: "iterator"',
    '  local-zone: example. static',
    ...data,
    'remote-control:',
    '  control-enable: no',
  ];
  writeFileSync(config, `${lines.join('\n')}\n`);
  const server = host.start('unbound', ['-d', '-p', '-c', config]);
  await server.line(/start of service/);
}
