// cold. The servers of HTTP/2 in clear text that the tests talk to.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host, Program } from '../hosts/index.ts';
import { GRPC_SERVER, NODE_HTTP2_SERVER } from '../programs.ts';

/** What nginx and nghttpd give, by path. */
export const PAGES: { readonly [path: string]: string } = {
  '/index.html': '<h1>It works</h1>\n',
  '/style.css': 'body { color: red }\n',
  '/numbers.txt': Array.from({ length: 20_000 }, (_, i) => `${i}\n`).join(''),
};

/** Writes the pages into a folder of `folder`. @returns it */
function writePages(folder: string): string {
  const root = join(folder, 'www');
  mkdirSync(root, { recursive: true });
  for (const [path, text] of Object.entries(PAGES)) writeFileSync(join(root, path), text);
  chmodSync(root, 0o755);
  return root;
}

/** Waits until something listens; no request is made for it. */
async function listening(host: Host, port: number): Promise<void> {
  const script = `until ss -ltnH "sport = :${port}" | grep -q .; do sleep 0.05; done`;
  await host.run('timeout', ['10', 'sh', '-c', script]);
}

/** nginx, which speaks HTTP/2 to those who begin with it. */
export async function serveNginx(host: Host, folder: string, port: number): Promise<void> {
  const config = join(folder, 'nginx.conf');
  writeFileSync(
    config,
    `daemon off; master_process off; pid ${folder}/nginx.pid; error_log stderr;
events { worker_connections 256; }
http {
  access_log off; client_body_temp_path ${folder}/body; gzip on; gzip_types text/plain; types { text/html html; text/plain txt; }
  server { listen 127.0.0.1:${port} http2; root ${writePages(folder)}; location /gone { return 410 "gone\\n"; } }
}
`,
  );
  host.start('nginx', ['-c', config, '-e', 'stderr']);
  await listening(host, port);
}

/** @param options added to the command line */
export async function serveNghttpd(
  host: Host,
  folder: string,
  port: number,
  options: readonly string[] = [],
): Promise<void> {
  host.start('nghttpd', ['--no-tls', '-a', '127.0.0.1', '-d', writePages(folder), ...options, String(port)]);
  await listening(host, port);
}

/** nghttpx, which takes HTTP/1's Upgrade: h2c, before an nghttpd. */
export async function serveNghttpx(host: Host, folder: string, port: number, backendPort: number): Promise<void> {
  await serveNghttpd(host, folder, backendPort);
  const ends = [`--frontend=127.0.0.1,${port};no-tls`, `--backend=127.0.0.1,${backendPort};;proto=h2`];
  host.start('nghttpx', ['--conf=/dev/null', '--workers=1', '--errorlog-file=/dev/stderr', ...ends]);
  await listening(host, port);
}

export async function serveNodeHttp2(host: Host, port: number): Promise<Program> {
  const server = host.start('node', [NODE_HTTP2_SERVER, String(port)]);
  await server.line(/listening/);
  return server;
}

export async function serveGrpc(host: Host, port: number): Promise<Program> {
  const server = host.start('node', [GRPC_SERVER, String(port)]);
  await server.line(/listening/);
  return server;
}
