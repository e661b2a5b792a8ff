// cold. The servers of HTTP/1 that the tests talk to.
import { chmodSync, mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host, Program } from '../hosts/index.ts';
import { NODE_HTTP1_SERVER } from '../programs.ts';

/** What nginx gives, by path. */
export const PAGES: { readonly [path: string]: string } = {
  '/index.html': '<h1>It works</h1>\n',
  '/style.css': 'body { color: red }\n',
  '/numbers.txt': Array.from({ length: 20_000 }, (_, i) => `${i}\n`).join(''),
};

/** nginx, which also gives a sparse file `/large` of `largeBytes`, says the path back to what begins with `/say/`, and
 *  takes all files of `www/zstd` for text that was compressed by zstd. */
export async function serveNginx(host: Host, folder: string, port: number, largeBytes = 0): Promise<void> {
  const root = join(folder, 'www');
  mkdirSync(root, { recursive: true });
  for (const [path, text] of Object.entries(PAGES)) writeFileSync(join(root, path), text);
  writeFileSync(join(root, 'large'), '');
  truncateSync(join(root, 'large'), largeBytes);
  chmodSync(root, 0o755);
  const config = join(folder, 'nginx.conf');
  writeFileSync(config, configuration(folder, root, port));
  host.start('nginx', ['-c', config, '-e', 'stderr']);
  await host.run('timeout', ['10', 'sh', '-c', `until ss -ltnH "sport = :${port}" | grep -q .; do sleep 0.05; done`]);
}

const configuration = (folder: string, root: string, port: number): string =>
  `daemon off; master_process off; pid ${folder}/nginx.pid; error_log stderr;
events { worker_connections 256; }
http {
  access_log off; client_body_temp_path ${folder}/body; keepalive_requests 1000000; sendfile on;
  gzip on; gzip_types text/plain; types { text/html html; text/css css; text/plain txt; }
  server {
    listen 127.0.0.1:${port}; root ${root};
    location /zstd/ { types { } default_type text/plain; gzip off; add_header Content-Encoding zstd; }
    location /gone { return 410 "gone\\n"; }
    location /moved { return 301 /index.html; }
    location /say/ { return 200 "$request_uri here\\n"; }
  }
}
`;

export async function serveNodeHttp1(host: Host, port: number): Promise<Program> {
  const server = host.start('node', [NODE_HTTP1_SERVER, String(port)]);
  await server.line(/listening/);
  return server;
}
