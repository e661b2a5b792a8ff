export * from './counters.ts';
export * from './keys/registry-changes.ts';
export * from './options.ts';
export type { Output } from './outputs/output.ts';
export * from './pipeline.ts';
export * from './registry-file.ts';
export * from './relay.ts';
export * from './report.ts';
export { Acknowledger, MAX_MESSAGE_BYTES, MessageCutter } from './tls/messages.ts';
