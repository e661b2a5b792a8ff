export * from './forwarder.ts';
export * from './host.ts';
export * from './program.ts';
