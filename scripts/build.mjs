// Builds every workspace from nothing (about 3 s), so that no stale output is ever run.
import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const manifest = path => JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8'));
const { workspaces } = manifest('.');

for (const name of workspaces) rmSync(join(root, name, 'dist'), { recursive: true, force: true });
const { status } = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-b'], {
  cwd: root,
  stdio: 'inherit',
});
if (status !== 0) process.exit(1);

// npm links the commands before they exist, so it cannot mark them executable itself.
for (const name of workspaces) {
  for (const file of Object.values(manifest(name).bin ?? {})) chmodSync(join(root, name, file), 0o755);
}
