export * from './batch/index.ts';
export * from './envelope/index.ts';
export * from './fields/index.ts';
export * from './gelf/index.ts';
export * from './keys/index.ts';
export * from './outcome.ts';
