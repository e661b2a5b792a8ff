export * from './kept.ts';
export * from './pairing.ts';
export * from './text.ts';
