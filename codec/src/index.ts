export * from './envelope/index.ts';
export * from './fields.ts';
export * from './keys/index.ts';
