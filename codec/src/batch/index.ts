export { DICTIONARY, DICTIONARY_ADLER32 } from './dictionary.ts';
export * from './expand.ts';
export * from './messagepack.ts';
export * from './records.ts';
export * from './writer.ts';
