// cold. nginx as the server of a load test: it answers with the path it was asked for, and logs that.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** @param folder for the configuration, the pid file and the access log
 *  @returns arguments for nginx, which stays in the foreground, and where it writes one path per request */
export function nginxSite(folder: string, port: number): { readonly args: string[]; readonly accessLog: string } {
  const config = join(folder, 'nginx.conf');
  const accessLog = join(folder, 'access.log');
  writeFileSync(
    config,
    `daemon off; master_process off; pid ${folder}/nginx.pid; error_log stderr;
events { worker_connections 256; }
http {
  log_format path '$request_uri'; access_log ${accessLog} path;
  keepalive_requests 1000000000; client_body_temp_path ${folder}/body;
  server { listen 127.0.0.1:${port}; location / { return 200 "$request_uri here\\n"; } }
}
`,
  );
  return { args: ['-c', config, '-e', 'stderr'], accessLog };
}
