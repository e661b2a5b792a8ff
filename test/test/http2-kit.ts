// cold. Frames of HTTP/2, written by hand.

export const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

export const DATA = 0x00;
export const HEADERS = 0x01;
export const RST_STREAM = 0x03;
export const SETTINGS = 0x04;
export const PUSH_PROMISE = 0x05;
export const GOAWAY = 0x07;
export const CONTINUATION = 0x09;

export const END_STREAM = 0x01;
export const END_HEADERS = 0x04;
export const PADDED = 0x08;
export const PRIORITY = 0x20;

export const u32 = (...values: readonly number[]): Buffer =>
  Buffer.concat(values.map(value => Buffer.from(value.toString(16).padStart(8, '0'), 'hex')));

export function frame(type: number, flags: number, streamId: number, payload: Uint8Array | string = ''): Buffer {
  const bytes = Buffer.from(payload);
  const header = Buffer.concat([u32(bytes.length).subarray(1), Buffer.from([type, flags]), u32(streamId)]);
  return Buffer.concat([header, bytes]);
}

type Fields = readonly (readonly [name: string, value: string])[];

const string = (text: string): Buffer => {
  const bytes = Buffer.from(text);
  if (bytes.length < 127) return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  const rest = bytes.length - 127;
  const digits = [(rest & 127) | 128, ((rest >> 7) & 127) | 128, rest >> 14];
  return Buffer.concat([Buffer.from([127, ...digits]), bytes]);
};

const literals = (first: number, fields: Fields): Buffer =>
  Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([first]), string(name), string(value)]));

/** A header block that leaves the table alone. */
export const block = (fields: Fields): Buffer => literals(0x00, fields);

/** One that adds its fields to the table. */
export const addingBlock = (fields: Fields): Buffer => literals(0x40, fields);

export const request = (path: string, ...more: Fields): Fields => [[':method', 'GET'], [':path', path], ...more];
export const response = (status: number, ...more: Fields): Fields => [[':status', String(status)], ...more];

/** A whole message without a body. */
export const headers = (streamId: number, fields: Fields, flags = END_STREAM): Buffer =>
  frame(HEADERS, flags | END_HEADERS, streamId, block(fields));

export const data = (streamId: number, content: Uint8Array | string, flags = END_STREAM): Buffer =>
  frame(DATA, flags, streamId, content);

export const settings = frame(SETTINGS, 0, 0);
/** What a client begins with. */
export const hello = Buffer.concat([Buffer.from(PREFACE), settings]);
