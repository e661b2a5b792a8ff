export * from './analyzer.ts';
export * from './engine.ts';
export * from './engine-options.ts';
export * from './kit/pairing.ts';
export * from './kit/redact/redactor.ts';
export * from './limits.ts';
export * from './registry.ts';
export * from './selection.ts';
