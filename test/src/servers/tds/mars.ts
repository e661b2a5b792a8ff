// cold. Several sessions on one connection, as the scripted server holds them. Source: MC-SMP sections 2.2.1 and 3.1.5.
import type { Socket } from 'node:net';

const [SYN, ACK, FIN, DATA] = [1, 2, 4, 8];
const SMID = 0x53;
const HEADER_BYTES = 16;
/** Packets that a side takes before it says that there is more room. */
const WINDOW = 4;
const TDS_EOM = 1;

/** Takes what a session's client sends. */
export type Take = (bytes: Buffer) => void;
/** Sends TDS packets to a session's client. */
export type Send = (packets: Buffer) => void;

class Session {
  readonly take: Take;
  readonly #socket: Socket;
  readonly #sid: number;
  readonly #queue: Buffer[] = [];
  #sent = 0;
  #received = 0;
  /** Last SEQNUM that the client has room for. */
  #limit = WINDOW;

  constructor(socket: Socket, sid: number, open: (send: Send) => Take) {
    this.#socket = socket;
    this.#sid = sid;
    this.take = open(packets => {
      this.#queue.push(...split(packets));
      this.#flush();
    });
  }

  onData(content: Buffer): void {
    this.#received += 1;
    if (((content[1] ?? 0) & TDS_EOM) === 0) this.#write(ACK);
    this.take(content);
  }

  setLimit(limit: number): void {
    this.#limit = Math.max(this.#limit, limit);
    this.#flush();
  }

  finish(): void {
    this.#write(FIN);
  }

  #flush(): void {
    while (this.#sent < this.#limit) {
      const next = this.#queue.shift();
      if (next === undefined) return;
      this.#sent += 1;
      this.#write(DATA, next);
    }
  }

  #write(flags: number, content: Buffer = Buffer.alloc(0)): void {
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt8(SMID, 0);
    header.writeUInt8(flags, 1);
    header.writeUInt16LE(this.#sid, 2);
    header.writeUInt32LE(HEADER_BYTES + content.length, 4);
    header.writeUInt32LE(this.#sent, 8);
    header.writeUInt32LE(this.#received + WINDOW, 12);
    this.#socket.write(Buffer.concat([header, content]));
  }
}

/** @param open called for each session that begins
 *  @returns what takes the connection's bytes from the first session on */
export function sessions(socket: Socket, open: (send: Send) => Take): Take {
  const all = new Map<number, Session>();
  let held: Buffer = Buffer.alloc(0);
  return bytes => {
    held = Buffer.concat([held, bytes]);
    while (held.length >= HEADER_BYTES && held.length >= held.readUInt32LE(4)) {
      const end = held.readUInt32LE(4);
      const [flags, sid] = [held[1], held.readUInt16LE(2)];
      if (flags === SYN) all.set(sid, new Session(socket, sid, open));
      const session = all.get(sid);
      session?.setLimit(held.readUInt32LE(12));
      if (flags === DATA) session?.onData(held.subarray(HEADER_BYTES, end));
      if (flags === FIN) session?.finish();
      if (flags === FIN) all.delete(sid);
      held = held.subarray(end);
    }
  };
}

function split(packets: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at < packets.length; at += packets.readUInt16BE(at + 2))
    found.push(packets.subarray(at, at + packets.readUInt16BE(at + 2)));
  return found;
}
