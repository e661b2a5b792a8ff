import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { runProgram } from '../src/hosts/index.ts';
import { root } from '../src/root.ts';

interface Manifest {
  readonly version: string;
  readonly workspaces?: readonly string[];
  readonly bin?: { readonly [command: string]: string };
}

const manifest = (folder: string): Manifest => JSON.parse(readFileSync(`${root}${folder}/package.json`, 'utf8'));

const commands = (manifest('.').workspaces ?? []).flatMap(folder => {
  const { bin = {}, version } = manifest(folder);
  return Object.keys(bin).map(command => [command, version] as const);
});

test.each(commands)('after the build, %s is where the README says', async (command, version) => {
  expect((await runProgram(`${root}node_modules/.bin/${command}`, ['--version'])).trim()).toBe(version);
});
