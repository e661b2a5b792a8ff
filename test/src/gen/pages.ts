// cold. The generated pages of the documentation.
import type { Field } from '@nanogelf/codec';
import { PROTOCOLS, type Protocol } from '@nanogelf/probe';
import type { GeneratedFile } from './generated-file.ts';
import { type Chapter, chapters, headingOf } from './tables.ts';

const NOTE = '<!-- Made by `npm run gen` from the tables in the code. Change those, not this page. -->';

const FIELDS_INTRO = `# Fields

Names as NDJSON has them. In GELF every field other than GELF's own (\`host\`, \`short_message\`, \`full_message\`,
\`timestamp\`, \`level\`, \`version\`) carries a leading underscore. A value that was not observed is left out; it is never
0 or empty. Delays are milliseconds with microsecond resolution, times ISO 8601 UTC with microseconds.`;

const PROTOCOLS_INTRO = `# Protocols

Found by content, on any port; the ports are a hint where to look first.`;

const cell = (text: string): string => text.replaceAll('|', '\\|');

const typeOf = ({ type, unit, many }: Field): string =>
  `${many ? `list of ${type}` : type}${unit === undefined ? '' : `, ${unit}`}`;

function chapterText({ title, intro, fields }: Chapter): string {
  const rows = Object.entries(fields).map(([name, field]) => `| ${name} | ${typeOf(field)} | ${cell(field.doc)} |`);
  return [`## ${title}`, '', intro, '', '| field | type | meaning |', '|---|---|---|', ...rows].join('\n');
}

function protocolText(protocol: Protocol): string {
  const { id, spec, transports, ports, fields } = protocol;
  return [
    `## ${headingOf(protocol)}`,
    '',
    `- Name in \`proto\` and \`ignorel7\`: \`${id}\``,
    `- Over ${transports.map(name => name.toUpperCase()).join(' and ')}, usual ports ${ports.join(', ')}`,
    `- Written from ${spec.join('; ')}`,
    `- Fields: ${Object.keys(fields).join(', ')}`,
  ].join('\n');
}

/** @returns docs/fields.md and docs/protocols.md */
export const pages = (): GeneratedFile[] => [
  { path: 'docs/fields.md', text: `${[NOTE, FIELDS_INTRO, ...chapters.map(chapterText)].join('\n\n')}\n` },
  { path: 'docs/protocols.md', text: `${[NOTE, PROTOCOLS_INTRO, ...PROTOCOLS.map(protocolText)].join('\n\n')}\n` },
];
