// cold. constants.rb: what the Ruby side takes over from the codec's tables, so that nothing is written twice.
import { ARMOR_PREFIX, REFUSALS } from '@nanogelf/codec';
import { receiverFields } from '@nanogelf/codec/fields';
import { KEY_PREFIXES } from '@nanogelf/codec/keys';
import * as layout from '@nanogelf/codec/wire';
import { quoted, words } from './ruby.ts';

const NAMES = [
  'MAGIC',
  'VERSION',
  'SUITE_PSK',
  'SUITE_SEALED',
  'KID_AT',
  'HEADER_BYTES',
  'SESSION_PREFIX_BYTES',
  'EPHEMERAL_BYTES',
  'MAC1_BYTES',
  'PROOF_BYTES',
  'KEY_BYTES',
  'INNER_BYTES',
  'TYPE_HEARTBEAT',
  'TYPE_GELF',
  'TYPE_BATCH',
  'TYPE_FRAGMENT',
  'DEFLATED',
  'FRAGMENT_HEADER_BYTES',
  'MIN_KID',
  'MAX_KID',
  'MAX_SEQ',
  'SESSION_MS',
  'MAX_DATAGRAM_BYTES',
  'MAX_MESSAGE_BYTES',
] as const satisfies readonly (keyof typeof layout)[];

const wire: { readonly [name in (typeof NAMES)[number]]: number } = layout;

/** @returns lib/nano_decrypt/constants.rb */
export const constants = (): string =>
  [
    '# encoding: utf-8',
    '# frozen_string_literal: true',
    '',
    "# Made by `npm run gen` from the codec's tables: the wire layout, its limits, and why something is refused.",
    'module NanoDecrypt',
    ...NAMES.map(name => `  ${name} = ${wire[name]}`),
    `  ARMOR_PREFIX = ${quoted(ARMOR_PREFIX)}`,
    `  KEY_PREFIXES = { ${Object.entries(KEY_PREFIXES)
      .map(([kind, prefix]) => `${kind}: ${quoted(prefix)}`)
      .join(', ')} }.freeze`,
    '  # Fields that the receiver vouches for.',
    `  ORIGIN = ${words(Object.keys(receiverFields))}.freeze`,
    '  # Why a datagram is refused, in the order in which a receiver looks.',
    '  REFUSALS = {',
    ...Object.entries(REFUSALS).map(([reason, { doc }]) => `    ${reason}: ${quoted(doc)},`),
    '  }.freeze',
    'end',
    '',
  ].join('\n');
