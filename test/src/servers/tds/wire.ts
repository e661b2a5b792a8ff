// cold. Packets and tokens of TDS 7.4, as the scripted server writes them. Source: MS-TDS sections 2.2.3 and 2.2.7.

const u8 = (...values: number[]): Buffer => Buffer.from(values);
export const u16 = (value: number): Buffer => sized(2, buffer => buffer.writeUInt16LE(value));
export const u32 = (value: number): Buffer => sized(4, buffer => buffer.writeUInt32LE(value));
const u64 = (value: number): Buffer => sized(8, buffer => buffer.writeBigUInt64LE(BigInt(value)));
const ucs2 = (text: string): Buffer => Buffer.from(text, 'utf16le');
const short = (text: string): Buffer => Buffer.concat([u8(text.length), ucs2(text)]);
const long = (text: string): Buffer => Buffer.concat([u16(text.length), ucs2(text)]);
const join = (...parts: Buffer[]): Buffer => Buffer.concat(parts);
const counted = (type: number, content: Buffer): Buffer => join(u8(type), u16(content.length), content);

function sized(lengthBytes: number, write: (buffer: Buffer) => void): Buffer {
  const buffer = Buffer.alloc(lengthBytes);
  write(buffer);
  return buffer;
}

const PACKET_BYTES = 4096;
const COLLATION = u8(0x09, 0x04, 0xd0, 0x00, 0x34);

/** @returns a message of type 4 in packets */
export function packets(content: Buffer): Buffer {
  const parts: Buffer[] = [];
  const room = PACKET_BYTES - 8;
  for (let at = 0, id = 1; at === 0 || at < content.length; at += room, id++) {
    const part = content.subarray(at, at + room);
    const isLast = at + room >= content.length;
    const header = u8(4, isLast ? 1 : 0, (part.length + 8) >> 8, (part.length + 8) & 255, 0, 51, id & 255, 0);
    parts.push(header, part);
  }
  return Buffer.concat(parts);
}

export const MORE = 1;
export const ERROR = 2;
export const COUNT = 0x10;
export const ATTENTION = 0x20;
/** Statements as DONE names them. Microsoft's driver counts no rows as affected by a SELECT. */
const [SELECT, INSERT] = [0xc1, 0xc3];
export const done = (status = 0, rows = 0, type = 0xfd, command = SELECT): Buffer =>
  join(u8(type), u16(status), u16(command), u64(rows));
export const inserted = (rows: number, type: number): Buffer => done(COUNT, rows, type, INSERT);
export const DONEPROC = 0xfe;
export const DONEINPROC = 0xff;

export const error = (number: number, text: string): Buffer =>
  counted(0xaa, join(u32(number), u8(1, 16), long(text), short('scripted'), short(''), u32(1)));

export const loginAck = (): Buffer =>
  counted(0xad, join(u8(1, 0x74, 0, 0, 4), short('Microsoft SQL Server'), u8(15, 0, 0, 1)));

export const databaseChange = (name: string, before: string): Buffer =>
  counted(0xe3, join(u8(1), short(name), short(before)));

/** Microsoft's driver sends text in the collation that it was told. */
export const collation = (): Buffer => counted(0xe3, join(u8(7, COLLATION.length), COLLATION, u8(0)));

export const beginTransaction = (): Buffer => counted(0xe3, join(u8(8, 8), u64(7), u8(0)));
export const endTransaction = (type: 9 | 10): Buffer => counted(0xe3, join(u8(type, 0, 8), u64(7)));

/** Of an output parameter: the handle of a prepared statement. */
export const returnInt = (name: string, value: number): Buffer =>
  join(u8(0xac), u16(0), short(name), u8(1), u32(0), u16(0), u8(0x26, 4, 4), u32(value));

export const returnStatus = (): Buffer => join(u8(0x79), u32(0));

const column = (name: string, type: Buffer): Buffer => join(u32(0), u16(8), type, short(name));

/** id int, name nvarchar(50), note nvarchar(max), price decimal(9,2), at datetime2(7) */
export const columns = (): Buffer =>
  join(
    u8(0x81),
    u16(5),
    column('id', u8(0x38)),
    column('name', join(u8(0xe7), u16(100), COLLATION)),
    column('note', join(u8(0xe7), u16(0xffff), COLLATION)),
    column('price', u8(0x6a, 5, 9, 2)),
    column('at', u8(0x2a, 7)),
  );

const parts = (text: string): Buffer => {
  const bytes = ucs2(text);
  const half = (bytes.length >> 2) * 2;
  const pieces = [bytes.subarray(0, half), bytes.subarray(half)].filter(piece => piece.length > 0);
  return join(u64(bytes.length), ...pieces.flatMap(piece => [u32(piece.length), piece]), u32(0));
};

/** @param note null gives a compressed row (NBCROW), which leaves it out */
export function row(id: number, name: string, note: string | null): Buffer {
  const start = note === null ? u8(0xd2, 0b00100) : u8(0xd1);
  const text = ucs2(name);
  const price = join(u8(5, 1), u32(id * 100));
  const at = join(
    u8(8),
    sized(5, buffer => buffer.writeUIntLE(id, 0, 5)),
    u8(0x80, 0x40, 0x0b),
  );
  return join(start, u32(id), u16(text.length), text, note === null ? Buffer.alloc(0) : parts(note), price, at);
}

/** @param encryption 0 off, 1 on, 2 not supported, 3 required
 *  @param mars several sessions may share the connection */
export function preLogin(encryption: number, mars: boolean): Buffer {
  const options = join(u8(0, 0, 16, 0, 6), u8(1, 0, 22, 0, 1), u8(4, 0, 23, 0, 1), u8(0xff));
  return packets(join(options, u8(16, 0, 3, 232, 0, 0), u8(encryption), u8(mars ? 1 : 0)));
}

/** @param body of the client's PRELOGIN
 *  @returns whether it asks for MARS */
export function asksForMars(body: Buffer): boolean {
  for (let at = 0; body[at] !== 0xff && at + 5 <= body.length; at += 5)
    if (body[at] === 4) return body[body.readUInt16BE(at + 1)] === 1;
  return false;
}
