import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { optionNames } from '@nanogelf/logstash-plugin';
import { parsePipeline, unknownOptions } from '../src/logstash/index.ts';
import { root } from '../src/root.ts';

const examples = readdirSync(`${root}examples`, { recursive: true, encoding: 'utf8' })
  .filter(path => path.endsWith('.conf') && !/(nano|sysctl)\.conf$/.test(path))
  .sort();
const textOf = (path: string): string => readFileSync(`${root}examples/${path}`, 'utf8');
const OWN = {
  'codec nano_decrypt': `${optionNames('codec').join(' ')} ecs_compatibility`,
  'filter nano_decrypt': `${optionNames('filter').join(' ')} ecs_compatibility`,
};

test('there are pipelines to check', () => {
  expect(examples.length).toBeGreaterThanOrEqual(12);
});

test.each(examples)('%s is a pipeline that its Logstash takes', path => {
  const plugins = parsePipeline(textOf(path));
  expect(unknownOptions(plugins, path.includes('older') ? 'old' : 'new', OWN)).toEqual([]);
  expect(new Set(plugins.map(({ section }) => section)).size).toBeGreaterThanOrEqual(2);
});

test('every TLS end of the examples asks for certificates and proves itself with one', () => {
  const ends = examples
    .filter(path => path.startsWith('back-to-back-tls'))
    .flatMap(path => parsePipeline(textOf(path)).filter(({ name }) => name === 'tcp'))
    .map(({ section, attributes }) => [section, new Map(attributes)] as const);
  expect(ends).toHaveLength(4);
  for (const [section, options] of ends) {
    const verifies = section === 'input' ? 'ssl_client_authentication' : 'ssl_verification_mode';
    expect(['required', 'full', 'true']).toContain(options.get(verifies) ?? options.get('ssl_verify'));
    expect(options.get('ssl_certificate') ?? options.get('ssl_cert')).toMatch(/\.pem$/);
    expect(options.get('ssl_key')).toMatch(/\.key$/);
    expect(options.has('ssl_certificate_authorities') || options.has('ssl_cacert')).toBe(true);
    expect(options.get('codec')).toBe('json_lines');
  }
});

test("where the record's id is the document's, what comes without one gets one first", () => {
  const stored = examples.filter(path => textOf(path).includes('document_id'));
  expect(stored.length).toBeGreaterThanOrEqual(4);
  for (const path of stored) {
    const plugins = parsePipeline(textOf(path));
    const ids = plugins.flatMap(({ attributes }) => attributes.filter(([name]) => name === 'document_id'));
    expect(ids).toEqual([['document_id', '%{[record_id]}']]);
    expect(plugins.filter(({ name }) => name === 'uuid')).toMatchObject([
      { section: 'filter', conditions: ['![record_id]'], attributes: [['target', 'record_id']] },
    ]);
  }
});

test('names of TLS options of the other era are found', () => {
  const text = textOf('back-to-back-tls/logstash-8.9-and-older/logstash-1.conf');
  expect(unknownOptions(parsePipeline(text), 'new', OWN)).toEqual(
    ['ssl_enable', 'ssl_cacert', 'ssl_cert', 'ssl_verify'].map(name => `output tcp: no "${name}"`),
  );
});

test.each([
  ['a forgotten arrow', 'input { udp { port 12201 } }', 'line 1, column 20: expected "=>", found 12201'],
  ['a single equals sign', 'input { udp { port = 1 } }', 'expected "=>", found = 1'],
  ['a comma between options', 'input { udp { port => 1, host => "x" } }', 'expected an attribute, or }, found , host'],
  ['no comma in a list', 'output { x { a => ["b" "c"] } }', 'expected "]", found "c"'],
  ['a comma in a hash', 'filter { m { a => { "b" => "c", "d" => "e" } } }', 'expected a key, or }, found , "d"'],
  ['an unquoted address', 'input { udp { host => 10.0.0.1 } }', 'found .0.1'],
  ['a brace too few', 'input { udp { port => 1 }', 'line 1, column 26: expected a plugin, or }, found the end'],
  ['a brace too many', 'input { } }', 'expected a section: input, filter or output, found }'],
  ['an unknown section', 'inputs { }', 'expected "{", found s { }'],
  ['elsif', 'filter { if [a] { } elsif [b] { } }', 'expected "{", found [b]'],
  ['a single = in a condition', 'filter { if [a] = 1 { } }', 'expected "{", found = 1'],
  ['a field without brackets', 'filter { if tags == "x" { } }', 'expected a field, [name], or a value'],
  ['&& instead of and', 'filter { if [a] && [b] { } }', 'expected "{", found && [b]'],
  ['a text without its end', 'input { udp { host => "x } }', 'expected a value'],
  ['a codec without braces', 'input { udp { codec => plain charset => "x" } ', 'expected'],
])('refused: %s', (_name, text, message) => {
  expect(() => parsePipeline(text)).toThrow(message);
});

test('what Logstash takes is taken: conditions, methods, nested codecs, comments, all kinds of values', () => {
  const text = `# a comment with { and "
input { udp { port => 1 codec => plain { charset => 'ISO-8859-1' } } # behind it
 stdin {} }
filter {
  if [a][b] in ["x", "y"] and !([c] =~ /d\\/e/ or [n] >= -1.5) { drop { } }
  else if "t" not in [tags] { mutate { add_field => { "x" => "y" "z" => "%{[a][b]}" } } }
  else { mutate { remove_field => [ ] split => { "a" => "," } } }
}
output { "stdout" { codec => rubydebug { metadata => true } } }`;
  const plugins = parsePipeline(text);
  const names = plugins.map(({ name, isCodec }) => (isCodec ? `(${name})` : name));
  expect(names).toEqual(['(plain)', 'udp', 'stdin', 'drop', 'mutate', 'mutate', '(rubydebug)', 'stdout']);
  const first = '[a][b] in ["x", "y"] and !([c] =~ /d\\/e/ or [n] >= -1.5)';
  const second = '"t" not in [tags]';
  expect(plugins.map(({ conditions }) => conditions).filter(conditions => conditions.length > 0)).toEqual([
    [first],
    [`!(${first})`, second],
    [`!(${first})`, `!(${second})`],
  ]);
});
