// cold. nginx as the server of a load test: it answers with the path it was asked for, and logs that.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '../hosts/index.ts';

/** Starts it on the host's loopback; returns when it answers.
 *  @param folder for the configuration, the pid file and the access log
 *  @returns where it writes one path per request */
export async function startNginx(host: Host, folder: string, port: number): Promise<string> {
  const config = join(folder, 'nginx.conf');
  const accessLog = join(folder, 'access.log');
  writeFileSync(config, configuration(folder, port, accessLog));
  host.start('nginx', ['-c', config, '-e', 'stderr']);
  const patiently = ['--retry', '50', '--retry-delay', '0', '--retry-connrefused'];
  await host.run('curl', ['-s', ...patiently, `http://127.0.0.1:${port}/`]);
  return accessLog;
}

const configuration = (folder: string, port: number, accessLog: string): string =>
  `daemon off; master_process off; pid ${folder}/nginx.pid; error_log stderr;
events { worker_connections 256; }
http {
  log_format path '$request_uri'; access_log ${accessLog} path;
  keepalive_requests 1000000000; client_body_temp_path ${folder}/body;
  server { listen 127.0.0.1:${port}; location / { return 200 "$request_uri here\\n"; } }
}
`;
