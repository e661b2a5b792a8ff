// cold. What is made of the table of options: options.rb, and a section of either reference.
import { OPTIONS, type Option } from './options.ts';
import { quoted, words } from './ruby.ts';

const options = Object.entries<Option>(OPTIONS);
const MADE = 'made by `npm run gen` from logstash-plugin/src/options.ts';

/** @returns lib/nano_decrypt/options.rb */
export const optionsRuby = (): string =>
  [
    '# encoding: utf-8',
    '# frozen_string_literal: true',
    '',
    '# Made by `npm run gen` from logstash-plugin/src/options.ts: the options, with what is allowed.',
    'module NanoDecrypt',
    '  module Options',
    '    # Least and most of the numbers.',
    '    RANGES = {',
    ...options.flatMap(([name, { range }]) => (range ? `      ${name}: [${range.join(', ')}],` : [])),
    '    }.freeze',
    '',
    '    module_function',
    '',
    '    # What codec and filter have.',
    ...declaration('shared', ({ isFilterOnly }) => !isFilterOnly),
    '',
    '    # What the filter has besides.',
    ...declaration('filter', ({ isFilterOnly }) => isFilterOnly === true),
    '  end',
    'end',
    '',
  ].join('\n');

const declaration = (name: string, isIncluded: (option: Option) => boolean): string[] => [
  `    def ${name}(plugin)`,
  ...options.filter(([, option]) => isIncluded(option)).flatMap(([option, each]) => config(option, each)),
  '    end',
];

function config(name: string, option: Option): string[] {
  const { type, isList, default: value, doc } = option;
  const validate = typeof type === 'string' ? `:${type}` : words(type);
  const list = isList ? ', :list => true' : '';
  const preset = value === undefined ? '' : `, :default => ${ruby(value)}`;
  return [`      # ${doc}`, `      plugin.config :${name}, :validate => ${validate}${list}${preset}`];
}

function ruby(value: NonNullable<Option['default']>): string {
  if (typeof value === 'object') return words(value);
  return typeof value === 'string' ? quoted(value) : String(value);
}

/** @param page docs/index.asciidoc
 *  @returns it with the options as they are now */
export const withAsciidoc = (page: string): string =>
  between(page, `// options: ${MADE}`, '// end of options', [
    '[cols="<,<,<",options="header",]',
    '|=======================================================================',
    '|Setting |Input type|Required',
    ...options.map(([name, option]) => `|<<plugins-{type}s-{plugin}-${name}>> |${allowed(option)}|No`),
    '|=======================================================================',
    ...options.flatMap(section),
  ]);

function section([name, option]: [string, Option]): string[] {
  const { default: value, range, isFilterOnly, doc, more } = option;
  const facts = [
    isFilterOnly ? 'The filter alone has it.' : [],
    `Value type is ${allowed(option)}${range ? `, ${range[0]} to ${range[1]}` : ''}.`,
    value === undefined ? 'There is no default.' : `Default value is \`${JSON.stringify(value)}\`.`,
  ].flat();
  const heading = ['', `[id="plugins-{type}s-{plugin}-${name}"]`, `===== \`${name}\``, ''];
  return [...heading, ...facts.map(fact => `* ${fact}`), '', doc, ...(more ? [more] : [])];
}

/** @param page README.md
 *  @returns it with the options as they are now */
export const withTable = (page: string): string =>
  between(page, `<!-- options: ${MADE} -->`, '<!-- end of options -->', [
    '| option | default | |',
    '|---|---|---|',
    ...options.map(([name, { default: value, isFilterOnly, doc }]) => {
      const preset = value === undefined ? '' : `\`${JSON.stringify(value)}\``;
      return `| \`${name}\`${isFilterOnly ? ' (filter)' : ''} | ${preset} | ${doc} |`;
    }),
  ]);

const TYPES = {
  password: 'password',
  path: 'a path to a file that is there',
  string: 'string',
  number: 'number',
  boolean: 'boolean',
  array: 'array',
  field_reference: 'field reference',
};

function allowed({ type, isList }: Option): string {
  if (typeof type !== 'string') return `string, one of \`${JSON.stringify(type)}\``;
  return isList ? `list of ${TYPES[type]}` : TYPES[type];
}

/** @throws when the page does not have both lines */
function between(page: string, first: string, last: string, lines: readonly string[]): string {
  const start = page.indexOf(`${first}\n`);
  const end = page.indexOf(`${last}\n`);
  if (start < 0 || end < start) throw new Error(`expected the lines ${first} and ${last}`);
  return `${page.slice(0, start)}${first}\n${lines.join('\n')}\n${page.slice(end)}`;
}
