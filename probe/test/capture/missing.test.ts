import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';

const INDEX = new URL('../../src/capture/index.js', import.meta.url).href;
const FILTER = new URL('../../src/capture/filter.js', import.meta.url).href;

/** The error of an `open` in a process that `cripple` took something from. */
function failure(cripple: string, open: string): string {
  const script = `${cripple}
    const { openRing, openCap } = await import(${JSON.stringify(INDEX)});
    try { ${open} } catch (error) { console.log(error.code, error.message); }`;
  // In its own folder koffi is found as the probe finds it.
  const cwd = new URL('.', import.meta.url).pathname;
  return execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8', cwd });
}

test('without the package cap it is said what to install', () => {
  const cripple = `import Module from 'node:module';
    const load = Module._load;
    Module._load = (name, ...rest) => { if (name === 'cap') throw new Error('gone'); return load(name, ...rest); };`;
  expect(failure(cripple, "openCap({ device: 'lo', snapBytes: 1 })")).toBe(
    'ERR_NO_CAP capturing here needs the npm package cap and libpcap: npm install cap\n',
  );
});

test('without libpcap a filter says what to install, and no filter needs none', () => {
  const cripple = `import koffi from 'koffi';
    const load = koffi.load;
    koffi.load = name => { if (/pcap/.test(name)) throw new Error('gone'); return load(name); };`;
  const message = 'ERR_NO_LIBPCAP filter-bpf needs libpcap, which is not here: install libpcap0.8 (libpcap)\n';
  expect(failure(cripple, "openRing({ devices: ['lo'], snapBytes: 1, filter: 'tcp' })")).toBe(message);
  expect(failure(cripple, "openRing({ devices: ['lo'], snapBytes: 1 }).close()")).toBe('');
});

test('on a system without packet sockets the ring points to cap', () => {
  const cripple = "import 'koffi'; Object.defineProperty(process, 'platform', { value: 'darwin' });";
  expect(failure(cripple, "openRing({ devices: ['lo'], snapBytes: 1 })")).toMatch(/^ERR_NO_AF_PACKET .*package cap/);
});

test('without libpcap a configuration is not refused for its filter', () => {
  const cripple = `import koffi from 'koffi';
    const load = koffi.load;
    koffi.load = name => { if (/pcap/.test(name)) throw new Error('gone'); return load(name); };
    const { filterMistake } = await import(${JSON.stringify(FILTER)});`;
  expect(failure(cripple, "console.log(filterMistake('tcp prt 80'));")).toBe('undefined\n');
});
