export * from './key-file.ts';
export * from './registry.ts';
export { formatKey, KEY_PREFIXES, type KeyKind, type Parsed, parseKey } from './text.ts';
