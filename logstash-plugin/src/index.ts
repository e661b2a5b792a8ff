export { optionNames } from './options.ts';
export * from './tree.ts';
