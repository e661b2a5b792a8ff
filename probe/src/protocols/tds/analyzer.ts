// cold. Finds the packets of a connection, its sessions', and what TLS hides.
import { type Analyzer, type Direction, LOST, STOP } from '../analyzer.ts';
import { encryptsAll } from './login.ts';
import { Mars } from './mars.ts';
import * as packet from './packet.ts';
import { Connection, type Context, Session } from './session.ts';
import * as smp from './smp.ts';

const TLS_HEADER_BYTES = 5;
const TLS_APPLICATION_DATA = 23;

export class TdsAnalyzer implements Analyzer {
  readonly #connection: Connection;
  /** The only one, or the one that logs in, before others share the connection. */
  readonly #session: Session;
  #mars: Mars | undefined;
  #tlsBytes = 0;

  constructor(context: Context) {
    this.#connection = new Connection(context);
    this.#session = new Session(this.#connection, context.midStream);
  }

  onData(direction: Direction, bytes: Uint8Array, tsUs: number, beginUs: number): number {
    if (this.#tlsBytes > 0 && direction === 0) return this.#passTls(bytes);
    if (packet.isTlsRecord(bytes)) return this.#onTls(direction, bytes, tsUs);
    if (smp.isHeader(direction, bytes, 0)) return this.#onMars(direction, bytes, tsUs, beginUs);
    // With others on the connection, a packet has a session's header before it: this place is not where one starts.
    if (this.#mars !== undefined || !packet.isPacketHeader(direction, bytes, 0)) return this.#misread(direction);
    const end = packet.packetBytes(bytes);
    if (bytes.length < packet.HEADER_BYTES || bytes.length < end) return 0;
    this.#session.onPacket(direction, bytes.subarray(0, end), tsUs, beginUs);
    return end;
  }

  onGap(direction: Direction, lengthBytes: number): boolean {
    if (direction === 0 && this.#tlsBytes >= lengthBytes) {
      this.#tlsBytes -= lengthBytes;
      return true;
    }
    this.#lose(direction, lengthBytes);
    return false;
  }

  onClose(): void {
    this.#session.close();
    this.#mars?.close();
  }

  #onMars(direction: Direction, bytes: Uint8Array, tsUs: number, beginUs: number): number {
    const end = smp.packetBytes(bytes);
    if (end === 0 || bytes.length < end) return 0;
    if (this.#mars === undefined) this.#session.close(); // the login is over
    this.#mars ??= new Mars(this.#connection);
    this.#mars.onPacket(direction, bytes.subarray(0, end), tsUs, beginUs);
    return end;
  }

  #misread(direction: Direction): number {
    this.#connection.context.parseError('packet_header');
    this.#lose(direction, 0);
    return LOST;
  }

  #lose(direction: Direction, lengthBytes: number): void {
    if (direction === 0) this.#tlsBytes = 0;
    if (this.#mars === undefined) this.#session.lose(direction, lengthBytes);
    else this.#mars.lose(direction, lengthBytes);
  }

  /** A login alone is one or more TLS records, and the answer comes in clear; a whole session has no end. */
  #onTls(direction: Direction, bytes: Uint8Array, tsUs: number): number {
    const all = direction === 1 || encryptsAll(...this.#connection.encryption);
    if (bytes.length < TLS_HEADER_BYTES) return 0;
    if (this.#connection.encrypted === undefined && bytes[0] === TLS_APPLICATION_DATA) {
      this.#connection.encrypted = all ? 'session' : 'login';
      this.#session.askLogin(tsUs);
    }
    if (all) return STOP;
    this.#tlsBytes = TLS_HEADER_BYTES + (((bytes[3] ?? 0) << 8) | (bytes[4] ?? 0));
    return this.#passTls(bytes);
  }

  #passTls(bytes: Uint8Array): number {
    const passed = Math.min(this.#tlsBytes, bytes.length);
    this.#tlsBytes -= passed;
    return passed;
  }
}
