export * from './damage.ts';
export * from './fixtures.ts';
export * from './packets-out.ts';
export * from './play.ts';
export * from './replay.ts';
export * from './said-once.ts';
export * from './transcript.ts';
export * from './whole-path.ts';
