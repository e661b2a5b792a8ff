import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

const cli = new URL('../src/index.js', import.meta.url).href;

/** Runs `body` as the main of a command, in a process of its own. */
async function runMain(body: string, args: readonly string[] = [], readNothing = false) {
  const source = `import * as cli from '${cli}';
    const program = cli.createProgram('nano-x', '${cli}').option('--size <n>');
    await cli.runCommand('nano-x', async () => { ${body} });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', source, '--', ...args]);
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', chunk => out.push(chunk));
  child.stderr.on('data', chunk => err.push(chunk));
  if (readNothing) child.stdout.destroy();
  const code = await new Promise(resolve => child.on('close', resolve));
  return { code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() };
}

const parse = `await program.parseAsync(process.argv.slice(1), { from: 'user' });`;

test('a command that ends well exits with 0', async () => {
  expect(await runMain(`console.log('done')`)).toEqual({ code: 0, stdout: 'done\n', stderr: '' });
});

test('a key that was pasted into the wrong place is not repeated', async () => {
  const { stderr } = await runMain(`throw new cli.UsageError('ERR_X', 'no such file: 7:nk1p_abc-D_e:nk1r_public')`);
  expect(stderr).toBe('nano-x: no such file: 7:nk1p_[secret]:nk1r_public\n');
});

test('what the operator can mend is one line and exit code 1', async () => {
  const { code, stderr } = await runMain(`throw new cli.OperationalError('ERR_X', 'no rights; run as root')`);
  expect({ code, stderr }).toEqual({ code: 1, stderr: 'nano-x: no rights; run as root\n' });
});

test('each wrong setting is one line, and the exit code is 2', async () => {
  const { code, stderr } = await runMain(`throw new cli.UsageError('ERR_X', 'first\\nsecond')`);
  expect({ code, stderr }).toEqual({ code: 2, stderr: 'nano-x: first\nnano-x: second\n' });
});

test('a mistyped option is one line with a suggestion', async () => {
  const { code, stderr } = await runMain(parse, ['--sise', '3']);
  expect(code).toBe(2);
  expect(stderr).toBe("nano-x: unknown option '--sise' (Did you mean --size?); see nano-x --help\n");
});

test('help and version are printed on stdout with exit code 0', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(await runMain(parse, ['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  const help = await runMain(parse, ['--help']);
  expect({ code: help.code, stderr: help.stderr }).toEqual({ code: 0, stderr: '' });
  expect(help.stdout).toContain('--size <n>');
});

test('an error of the system is told in words, without a stack', async () => {
  const { code, stderr } = await runMain(`(await import('node:fs')).readFileSync('/none')`);
  expect({ code, stderr }).toEqual({ code: 1, stderr: 'nano-x: open /none: no such file or folder (ENOENT)\n' });
});

test('a bug keeps its stack, also in a callback', async () => {
  const { code, stderr } = await runMain(`setTimeout(() => { undefined.x })`);
  expect(code).toBe(1);
  expect(stderr).toContain('this is a bug');
  expect(stderr).toContain('TypeError');
  expect(stderr).toMatch(/\n {4}at /);
});

test('a reader that goes away ends the command quietly', async () => {
  const { code, stderr } = await runMain(`setInterval(() => console.log('line'), 1)`, [], true);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

test('the first SIGTERM asks to stop, a second one ends the process', async () => {
  const body = `const signal = cli.listenForShutdown();
    const keep = setInterval(() => {}, 1000);
    signal.addEventListener('abort', () => { console.log('stopping'); process.kill(process.pid, 'SIGTERM'); });
    process.kill(process.pid, 'SIGTERM');`;
  expect(await runMain(body)).toEqual({ code: 143, stdout: 'stopping\n', stderr: '' });
});
