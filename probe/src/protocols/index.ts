export * from './analyzer.ts';
export * from './engine.ts';
export * from './limits.ts';
export * from './registry.ts';
export * from './selection.ts';
