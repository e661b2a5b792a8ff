// cold. Every option of codec and filter: the Ruby `config` lines, both references and the checks follow from this table.
import { MAX_ARRAY, MAX_BATCH_BYTES } from '@nanogelf/codec';

export interface Option {
  /** As Logstash's `validate`; a list is of the values allowed. */
  readonly type:
    | 'password'
    | 'path'
    | 'string'
    | 'number'
    | 'boolean'
    | 'array'
    | 'field_reference'
    | readonly string[];
  readonly isList?: true;
  readonly default?: string | number | boolean | readonly string[];
  /** Least and most of a number. */
  readonly range?: readonly [least: number, most: number];
  readonly isFilterOnly?: true;
  /** One sentence or two, for a comment as for a table. */
  readonly doc: string;
  /** What the reference adds to it. */
  readonly more?: string;
}

const DAY_S = 86_400;

export const OPTIONS = {
  clock: {
    type: ['strict', 'monotone'],
    default: 'strict',
    doc: 'strict: the clocks of probes are right to five minutes. monotone: they may show any time that never runs back.',
    more: "With `monotone` a probe's first datagrams wait for the state to be saved once (5 seconds).",
  },
  keys: {
    type: 'password',
    isList: true,
    doc: "Lines of a registry, the receiver's own keys first, as `nano-keys` writes them. Either this or `keys_path`.",
    more: 'Environment variables and the keystore work, as everywhere, and the values are never shown.',
  },
  keys_path: {
    type: 'path',
    doc: 'A registry file. Either this or `keys`.',
    more: 'It must belong to the user that runs Logstash, or to root, and be open to nobody else: `chmod 600`. Where a mounted secret cannot have these rights, give its lines as `keys`. It is read again when it has changed. A file that is wrong is reported, and the last good one stays.',
  },
  max_inflated: {
    type: 'number',
    default: MAX_BATCH_BYTES,
    range: [1, MAX_BATCH_BYTES],
    doc: 'Most bytes that the compressed records of one message may have together.',
  },
  max_records: {
    type: 'number',
    default: MAX_ARRAY,
    range: [1, MAX_ARRAY],
    doc: 'Most records of one message.',
  },
  on_failure: {
    type: ['tag', 'drop'],
    default: 'tag',
    isFilterOnly: true,
    doc: 'What becomes of an event that cannot be opened.',
    more: 'When it is tagged, the reason stands in `[@metadata][nano][reason]`, and the source as it was. In the codec such a datagram becomes no event.',
  },
  on_stale: {
    type: ['tag', 'drop'],
    default: 'tag',
    doc: 'What becomes of what is authentic but older than five minutes.',
    more: 'The tag is `_nano_stale`, and the field `envelope` says `stale`.',
  },
  refresh_interval: {
    type: 'number',
    default: 5,
    range: [1, DAY_S],
    doc: 'Seconds between looks at `keys_path`.',
  },
  remap: {
    type: 'boolean',
    default: true,
    doc: '`full_message`, else `short_message`, becomes `message`, as in `input gelf`.',
  },
  report_interval: {
    type: 'number',
    default: 60,
    range: [0, DAY_S],
    doc: "Seconds between records that say what each probe's datagrams lost on the way; 0 for none.",
    more: 'Their `message-type` is `probe`.',
  },
  source: {
    type: 'field_reference',
    default: 'message',
    isFilterOnly: true,
    doc: 'Field that holds the envelope.',
  },
  source_encoding: {
    type: ['armor', 'latin1', 'base64', 'hex'],
    default: 'latin1',
    isFilterOnly: true,
    doc: 'How it stands there: armor is text that begins with `ne1.`, latin1 has one character for each byte.',
  },
  state_path: {
    type: 'string',
    doc: 'File for what must survive a restart, so that nothing passes twice. Without it, what was sent before the start is refused.',
    more: 'One configuration keeps one file: another one, in this Logstash or in another process, is refused at its start. A lock in a file of the same name with `.lock` behind it sees to that; it ends with the last pipeline that has the configuration, and the file may stay.',
  },
  strip_leading_underscore: {
    type: 'boolean',
    default: true,
    doc: 'Names lose the underscore that GELF puts before them, as in `input gelf`.',
    more: "When they keep it, the record's id is `_record_id`.",
  },
  tag_on_failure: {
    type: 'array',
    default: ['_nano_decrypt_failure'],
    isFilterOnly: true,
    doc: 'Tags of an event that cannot be opened.',
  },
  target: {
    type: 'field_reference',
    doc: "Field to put the record under; the event's root unless told.",
  },
} as const satisfies { readonly [name: string]: Option };

/** @returns names of the options that the codec, or the filter, has */
export const optionNames = (kind: 'codec' | 'filter'): string[] =>
  Object.entries<Option>(OPTIONS).flatMap(([name, { isFilterOnly }]) => (isFilterOnly && kind === 'codec' ? [] : name));
