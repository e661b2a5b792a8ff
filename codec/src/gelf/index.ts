export * from './chunks.ts';
export * from './compression.ts';
export * from './datagram.ts';
export * from './message.ts';
export * from './names.ts';
export * from './reassembly.ts';
