import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  formatKey,
  formatProbeKeyLine,
  formatRegistry,
  MAX_KID,
  parseKey,
  parseProbeKeyFile,
  parseRegistry,
  type RegistryRow,
} from '../../src/index.ts';
import { keyFrom, probeKey, registryOf, rowOf } from './scene.ts';

const HEAD = '{"registry":1}';
const psk = formatKey('psk', keyFrom('psk'));
const row = (rest = '') => `{"kid":7,"name":"web-1","suite":"psk","key":"${psk}"${rest}}`;
const errorsOf = (...lines: string[]) => parseRegistry(lines.join('\n')).errors;

test('a registry reads back what was written', () => {
  const second = fc.integer({ min: 1, max: 4_000_000_000 });
  const rows = fc.uniqueArray(
    fc.record<RegistryRow>(
      {
        kid: fc.integer({ min: 1, max: MAX_KID }),
        name: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/),
        suite: fc.constantFrom('psk' as const, 'sealed' as const),
        key: fc.uint8Array({ minLength: 32, maxLength: 32 }),
        hosts: fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 3 }),
        notBeforeS: second.filter(value => value < 2_000_000_000),
        notAfterS: second.filter(value => value > 2_000_000_000),
        revokedS: second,
      },
      { requiredKeys: ['kid', 'name', 'suite', 'key'] },
    ),
    { selector: ({ kid }) => kid, maxLength: 5 },
  );
  fc.assert(
    fc.property(rows, list => {
      const distinct = list.filter(
        ({ key }, at) =>
          list.findIndex(other => Buffer.compare(other.key as Uint8Array, key as Uint8Array) === 0) === at,
      );
      const registry = { master: keyFrom('master'), secret: keyFrom('receiver'), rows: distinct };
      const { registry: read, errors } = parseRegistry(formatRegistry(registry));
      expect(errors).toBeUndefined();
      expect(JSON.stringify(read)).toBe(JSON.stringify({ ...registry, rows: distinct.map(each => sortLike(each)) }));
    }),
    { numRuns: 50 },
  );
});

/** The order in which a parsed row has its fields; keys as the plain Uint8Array that JSON shows alike. */
function sortLike({ kid, name, suite, key, hosts, notBeforeS, notAfterS, revokedS }: RegistryRow) {
  return { kid, name, suite, key: key && Buffer.from(key), hosts, notBeforeS, notAfterS, revokedS };
}

test('comments, blank lines and Windows line ends are allowed', () => {
  expect(parseRegistry(`# a comment\r\n\r\n${HEAD}\r\n  # another\n${row()}\r\n`).registry?.rows).toHaveLength(1);
});

test.each([
  ['no head', [row()], 1, /unknown field "kid"/],
  ['an empty file', [''], 1, /"registry":1/],
  ['another version', ['{"registry":2}'], 1, /^registry: expected 1/],
  ['not JSON', [HEAD, '{'], 2, /one JSON object/],
  ['a list', [HEAD, '[]'], 2, /one JSON object/],
  ['a misspelt field', [HEAD, row(',"not_afer":"2027-01-01T00:00:00Z"')], 2, /unknown field "not_afer"/],
  ['a kid of 0', [HEAD, row().replace(':7', ':0')], 2, /^kid: expected a number from 1/],
  ['a kid of ffffffff', [HEAD, row().replace(':7', ':4294967295')], 2, /^kid: expected/],
  ['no kid', [HEAD, row().replace('"kid":7,', '')], 2, /^kid: missing/],
  ['a name with a space', [HEAD, row().replace('web-1', 'web 1')], 2, /^name: expected/],
  ['a suite that does not exist', [HEAD, row().replace('"psk"', '"none"')], 2, /^suite: expected "psk" or "sealed"/],
  ['a passphrase', [HEAD, row().replace(psk, 'hunter2')], 2, /^key: .*a passphrase is no key/],
  [
    'a key of another kind',
    [HEAD, row().replace(psk, formatKey('master', keyFrom('x')))],
    2,
    /^key: .*got a master key/,
  ],
  ['hosts that are no list', [HEAD, row(',"hosts":"web-1"')], 2, /^hosts: expected/],
  ['a time without a zone', [HEAD, row(',"not_after":"2027-01-01T00:00:00"')], 2, /^not_after: expected a UTC time/],
  [
    'a day that does not exist',
    [HEAD, row(',"not_after":"2027-02-30T00:00:00Z"')],
    2,
    /^not_after: expected a UTC time/,
  ],
  [
    'an end before the beginning',
    [HEAD, row(',"not_before":"2027-01-02T00:00:00Z","not_after":"2027-01-01T00:00:00Z"')],
    2,
    /after not_before/,
  ],
  ['a kid twice', [HEAD, '', row(), row()], 4, /already on line 3/],
  ['a key twice', [HEAD, row(), row().replace(':7', ':8')], 3, /the same as on line 2/],
  ['psk without any key', [HEAD, '{"kid":7,"name":"a","suite":"psk"}'], 2, /no master/],
  ['sealed without a key', ['{"registry":1}', '{"kid":7,"name":"a","suite":"sealed"}'], 2, /the probe's public key/],
])('%s is one error with its line', (_, lines, line, message) => {
  const [first] = errorsOf(...lines) ?? [];
  expect(first).toEqual({ line, message: expect.stringMatching(message) });
});

test('every mistake is listed, up to twenty, and none repeats a secret', () => {
  const wrong = row().replace(psk, psk.slice(0, -1));
  const errors = errorsOf(HEAD, ...Array.from({ length: 30 }, () => wrong));
  expect(errors).toHaveLength(20);
  expect(JSON.stringify(errors)).not.toContain(psk.slice(5, 20));
});

test('a tombstone needs no key', () => {
  const { registry } = parseRegistry(`${HEAD}\n{"kid":7,"name":"a","suite":"sealed","revoked":"2027-01-01T00:00:00Z"}`);
  expect(registry?.rows).toEqual([{ kid: 7, name: 'a', suite: 'sealed', revokedS: 1_798_761_600 }]);
});

test('a key with any character changed is refused', () => {
  const change = fc.record({ at: fc.nat(psk.length - 1), to: fc.constantFrom(...'ABCxyz019_-') });
  fc.assert(
    fc.property(change, ({ at, to }) => {
      const changed = psk.slice(0, at) + to + psk.slice(at + 1);
      expect(parseKey('psk', changed).value === undefined).toBe(changed !== psk);
    }),
  );
});

test('a key file holds comments and one key line', () => {
  const line = formatProbeKeyLine(probeKey('sealed'));
  expect(parseProbeKeyFile(`# web-1\n\n${line}\n`).value).toMatchObject({ suite: 'sealed', kid: 7 });
  expect(parseProbeKeyFile(`${line}\n${line}\n`).error).toMatch(/one key line, got 2/);
  expect(parseProbeKeyFile('').error).toMatch(/one key line, got 0/);
  expect(parseProbeKeyFile('correct horse battery staple').error).toMatch(/a passphrase is no key/);
});

test('a registry of the tests is as the tests use it', () => {
  expect(parseRegistry(formatRegistry(registryOf(rowOf('sealed')))).registry?.rows[0]?.key).toHaveLength(32);
});
