export * from './bytes.ts';
export * from './conversation.ts';
export * from './link.ts';
export * from './network.ts';
export * from './pcap.ts';
export * from './transport.ts';
export * from './tunnel.ts';
