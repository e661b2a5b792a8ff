// Builds every workspace from nothing (about 3 s), so that no stale output is ever run.
import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
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

// npm leaves out commands that are not built yet when it links them, and cannot mark them executable.
const folder = join(root, 'node_modules/.bin');
for (const name of workspaces) {
  for (const [command, file] of Object.entries(manifest(name).bin ?? {})) {
    chmodSync(join(root, name, file), 0o755);
    rmSync(join(folder, command), { force: true });
    symlinkSync(join('../..', name, file), join(folder, command));
  }
}
