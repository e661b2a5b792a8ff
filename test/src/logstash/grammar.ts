// cold. Logstash's configuration language. Source: logstash-core's grammar.treetop, in our own words: a text is sections;
// a section holds plugins and branches; a plugin holds attributes `name => value`, without commas; only lists have commas.
import { Scanner } from './scanner.ts';

export type Section = 'input' | 'filter' | 'output';
export type Value = string | number | Value[] | { readonly [name: string]: Value } | { readonly plugin: Plugin };

export interface Plugin {
  readonly section: Section;
  /** It is the value of another plugin's attribute. */
  readonly isCodec: boolean;
  readonly name: string;
  /** What must hold for it to be reached, outermost first, as it stands there; an `else` has each of its ifs as `!(…)`. */
  readonly conditions: readonly string[];
  /** An attribute given twice has both values: Logstash joins them. */
  readonly attributes: readonly (readonly [string, Value])[];
}

const SECTIONS: readonly Section[] = ['input', 'filter', 'output'];
const NAME = /[A-Za-z0-9_-]+/y;
const BAREWORD = /[A-Za-z_][A-Za-z0-9_]+/y;
const NUMBER = /-?\d+(?:\.\d*)?/y;
const STRING = /"(?:\\"|[^"])*"|'(?:\\'|[^'])*'/y;
const REGEXP = /\/(?:\\\/|[^/])*\//y;
const SELECTOR = /(?:\[[^[\],]+\])+/y;
const COMPARES = ['==', '!=', '<=', '>=', '<', '>'];
const CONNECTS = /(?:and|or|xor|nand)\b/y;
const CODEC_AHEAD = /(?=[A-Za-z0-9_-]+\s*\{)/y;
const METHOD = /[A-Za-z_][A-Za-z0-9_]*(?=\s*\()/y;

/** @returns every plugin of the pipeline, codecs inside of others too
 *  @throws PipelineError at the first thing that Logstash would refuse */
export function parsePipeline(text: string): Plugin[] {
  const scanner = new Scanner(text);
  const plugins: Plugin[] = [];
  while (!scanner.isAtEnd) {
    const section = SECTIONS.find(name => scanner.takes(name));
    readBlock(
      scanner,
      { section: section ?? scanner.fail('a section: input, filter or output'), conditions: [] },
      plugins,
    );
  }
  return plugins;
}

type Place = Pick<Plugin, 'section' | 'conditions'>;

function readBlock(scanner: Scanner, place: Place, plugins: Plugin[]): void {
  scanner.expect('{');
  while (!scanner.takes('}')) {
    if (scanner.take(/if\b/y) !== undefined) readBranch(scanner, place, plugins);
    else readPlugin(scanner, place, false, plugins);
  }
}

function readBranch(scanner: Scanner, { section, conditions }: Place, plugins: Plugin[]): void {
  const holds = readCondition(scanner);
  readBlock(scanner, { section, conditions: [...conditions, holds] }, plugins);
  const others = [...conditions, `!(${holds})`];
  while (scanner.take(/else\b/y) !== undefined) {
    const isLast = scanner.take(/if\b/y) === undefined;
    const next = isLast ? [] : [readCondition(scanner)];
    readBlock(scanner, { section, conditions: [...others, ...next] }, plugins);
    if (isLast) return;
    others.push(`!(${next})`);
  }
}

function readPlugin(scanner: Scanner, place: Place, isCodec: boolean, plugins: Plugin[]): Plugin {
  const name = readName(scanner, 'a plugin, or }');
  const attributes: [string, Value][] = [];
  scanner.expect('{');
  while (!scanner.takes('}')) {
    const attribute = readName(scanner, 'an attribute, or }');
    scanner.expect('=>');
    attributes.push([attribute, readValue(scanner, place, plugins)]);
  }
  const plugin = { ...place, isCodec, name, attributes };
  plugins.push(plugin);
  return plugin;
}

const readName = (scanner: Scanner, what: string): string =>
  scanner.take(NAME) ?? readString(scanner) ?? scanner.fail(what);

const readString = (scanner: Scanner): string | undefined => scanner.take(STRING)?.slice(1, -1);

function readValue(scanner: Scanner, place: Place, plugins: Plugin[]): Value {
  if (scanner.sees('[')) return readList(scanner, place, plugins);
  if (scanner.sees('{')) return readHash(scanner, place, plugins);
  const text = readString(scanner) ?? scanner.take(REGEXP);
  if (text !== undefined) return text;
  if (scanner.take(CODEC_AHEAD) !== undefined) return { plugin: readPlugin(scanner, place, true, plugins) };
  const number = scanner.take(NUMBER);
  if (number !== undefined) return Number(number);
  return scanner.take(BAREWORD) ?? scanner.fail('a value: text in quotes, a number, a list, a hash or a codec');
}

function readList(scanner: Scanner, place: Place, plugins: Plugin[]): Value[] {
  scanner.expect('[');
  const values: Value[] = [];
  if (scanner.takes(']')) return values;
  do values.push(readValue(scanner, place, plugins));
  while (scanner.takes(','));
  scanner.expect(']');
  return values;
}

function readHash(scanner: Scanner, place: Place, plugins: Plugin[]): Value {
  scanner.expect('{');
  const entries: [string, Value][] = [];
  while (!scanner.takes('}')) {
    const name = readString(scanner) ?? scanner.take(NUMBER) ?? scanner.take(BAREWORD) ?? scanner.fail('a key, or }');
    scanner.expect('=>');
    entries.push([name, readValue(scanner, place, plugins)]);
  }
  return Object.fromEntries(entries);
}

/** @returns it as it stands there */
function readCondition(scanner: Scanner): string {
  const start = scanner.at;
  do readExpression(scanner);
  while (scanner.take(CONNECTS) !== undefined);
  return scanner.since(start);
}

function readExpression(scanner: Scanner): void {
  if (scanner.takes('!')) {
    if (scanner.sees('(')) readGroup(scanner);
    else scanner.take(SELECTOR) ?? scanner.fail('a field, [name], or a condition in parentheses');
    return;
  }
  if (scanner.sees('(')) {
    readGroup(scanner);
    return;
  }
  readOperand(scanner);
  if (scanner.takes('=~') || scanner.takes('!~'))
    scanner.take(REGEXP) ?? readString(scanner) ?? scanner.fail('/regexp/');
  else if (scanner.take(/not\s+in\b|in\b/y) !== undefined || COMPARES.some(sign => scanner.takes(sign))) {
    readOperand(scanner);
  }
}

function readGroup(scanner: Scanner): void {
  scanner.expect('(');
  readCondition(scanner);
  scanner.expect(')');
}

function readOperand(scanner: Scanner): void {
  if (scanner.take(SELECTOR) !== undefined) return;
  if (scanner.sees('[')) readList(scanner, { section: 'filter', conditions: [] }, []);
  else if (scanner.take(METHOD) !== undefined) readArguments(scanner);
  else
    readString(scanner) ?? scanner.take(NUMBER) ?? scanner.take(REGEXP) ?? scanner.fail('a field, [name], or a value');
}

function readArguments(scanner: Scanner): void {
  scanner.expect('(');
  if (scanner.takes(')')) return;
  do readOperand(scanner);
  while (scanner.takes(','));
  scanner.expect(')');
}
