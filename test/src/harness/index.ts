export * from './damage.ts';
export * from './fixtures.ts';
export * from './replay.ts';
export * from './transcript.ts';
