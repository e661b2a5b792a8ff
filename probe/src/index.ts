export * from './capture/index.ts';
export * from './capture/source.ts';
export * from './dissect/packet.ts';
export * from './outputs/sink.ts';
export * from './protocols/index.ts';
export * from './records/exchange.ts';
export * from './records/iso-time.ts';
