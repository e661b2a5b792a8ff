// cold. The files of the Logstash plugin that are made from tables. The dictionary is a vector as well, and never changes: a
// test compares it.
import { generatedFiles } from '@nanogelf/logstash-plugin';
import type { GeneratedFile } from './generated-file.ts';

const isText = (path: string): boolean => !path.endsWith('.bin');

export const pluginSources = (): GeneratedFile[] =>
  generatedFiles()
    .filter(({ path }) => isText(path))
    .map(({ path, bytes }) => ({ path: `logstash-plugin/plugin/${path}`, text: Buffer.from(bytes).toString() }));
