// Makes codec/vectors: the same bytes on every machine and run.
import {
  contentScript,
  damageScript,
  fragmentScript,
  keysScript,
  orderScript,
  restartScript,
  timeScript,
} from './envelope/scripts.ts';
import { scheduleVectors, textVectors } from './envelope/texts.ts';
import type { GeneratedFile } from './generated-file.ts';

const pretty = (value: object): string => `${JSON.stringify(value, null, 1)}\n`;

/** @returns the vector files as they must be on the disk */
export const vectorFiles = (): GeneratedFile[] =>
  [
    { name: 'schedule', text: pretty(scheduleVectors()) },
    { name: 'text', text: pretty(textVectors()) },
    { name: 'damage', text: damageScript().text('Every changed bit and every truncation.') },
    { name: 'content', text: contentScript().text('Types, lengths, padding, compression.') },
    { name: 'keys', text: keysScript().text('Which kid may say what, and registries that change.') },
    { name: 'order', text: orderScript().text('Windows, sessions, floors, rates.') },
    { name: 'time', text: timeScript().text('Clocks: sessions and send times.') },
    { name: 'restart', text: restartScript().text('What a receiver knows after a crash.') },
    { name: 'fragments', text: fragmentScript().text('Messages in several datagrams.') },
  ].map(({ name, text }) => ({ path: `codec/vectors/${name}.json`, text }));
