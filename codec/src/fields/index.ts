export * from '../fields.ts';
export * from './common.ts';
export * from './host.ts';
export * from './network.ts';
export * from './probe.ts';
export * from './relay.ts';
export * from './traffic.ts';
