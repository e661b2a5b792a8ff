// cold. What is known of one handshake, and when it is over.
import type { RecordOf } from '@nanogelf/codec/fields';
import type { Direction, Exchange } from '../analyzer.ts';
import { ALERT_BYTES, alertName, FATAL } from './alerts.ts';
import { type CertificateFields, readCertificate } from './certificate.ts';
import { suiteName } from './cipher-suites.ts';
import type { tlsFields } from './fields.ts';
import { ja3, ja4 } from './fingerprint.ts';
import { type ClientHello, readClientHello, readServerHello, type ServerHello } from './hello.ts';
import * as wire from './wire.ts';

type TlsFields = typeof tlsFields;

/** No handshake has more; each is one word. */
const MAX_ALERTS = 4;

export class Story {
  /** Protocol in whose clear text the handshake began. */
  startTls: string | undefined;
  isOver = false;
  #client: ClientHello | undefined;
  #server: ServerHello | undefined;
  #certificate: CertificateFields | undefined;
  /** The server proved itself anew, by a certificate or a key exchange. */
  #isFull = false;
  #isTls13 = false;
  readonly #changed: [boolean, boolean] = [false, false];
  /** First encrypted record of each side. */
  readonly #encryptedUs: [number, number] = [0, 0];
  readonly #isLost: [boolean, boolean] = [false, false];
  readonly #alerts: string[] = [];
  #bytes = 0;
  #beginUs = 0;
  #endUs = 0;

  get hasHello(): boolean {
    return this.#client !== undefined || this.#server !== undefined || this.#alerts.length > 0;
  }

  /** Whether handshake records of this side are encrypted by now. In TLS 1.3 they have another content type then, and
   *  ChangeCipherSpec says nothing. */
  encrypts(direction: Direction): boolean {
    return this.#changed[direction] && !this.#isTls13;
  }

  lose(direction: Direction): void {
    this.#isLost[direction] = true;
  }

  count(recordBytes: number, beginUs: number, tsUs: number): void {
    if (this.#bytes === 0) this.#beginUs = beginUs;
    this.#bytes += recordBytes;
    this.#endUs = tsUs;
  }

  /** @returns why the message does not parse, if so */
  onMessage(direction: Direction, type: number, body: Uint8Array): string | undefined {
    if (direction === 0 && type === wire.CLIENT_HELLO) return this.#onClientHello(body);
    if (direction === 0) return undefined;
    if (type === wire.SERVER_HELLO) return this.#onServerHello(body);
    if (type === wire.SERVER_KEY_EXCHANGE) this.#isFull = true;
    return type === wire.CERTIFICATE ? this.#onCertificate(body) : undefined;
  }

  onChangeCipherSpec(direction: Direction): void {
    this.#changed[direction] = true;
  }

  /** Early data (TLS 1.3) comes before the server's hello, and ends nothing. */
  onEncrypted(direction: Direction, tsUs: number): void {
    const isEarly = direction === 0 && this.#server === undefined && !this.#isLost[1];
    if (isEarly || this.#encryptedUs[direction] > 0) return;
    this.#encryptedUs[direction] = tsUs;
    this.isOver = this.#encryptedUs[0] > 0 && this.#encryptedUs[1] > 0;
  }

  onAlert(direction: Direction, content: Uint8Array, tsUs: number): void {
    if (content.length !== ALERT_BYTES) {
      this.onEncrypted(direction, tsUs);
      return;
    }
    const [level, description = 0] = content;
    if (this.#alerts.length < MAX_ALERTS)
      this.#alerts.push(`${direction === 0 ? 'SRC' : 'DST'} ${alertName(description)}`);
    if (level === FATAL) this.isOver = true;
  }

  exchange(tsUs: number): Exchange<TlsFields> {
    return {
      beginUs: this.#beginUs || tsUs,
      endUs: this.#endUs || tsUs,
      bytes: this.#bytes,
      summary: this.#summary(),
      fields: this.#fields(),
    };
  }

  #onClientHello(body: Uint8Array): string | undefined {
    const hello = readClientHello(body);
    if (hello === undefined) return 'client_hello';
    this.#client ??= hello; // the second one, after a retry request, offers the same
    return undefined;
  }

  #onServerHello(body: Uint8Array): string | undefined {
    const hello = readServerHello(body);
    if (hello === undefined) return 'server_hello';
    this.#isTls13 = hello.version === wire.TLS_1_3;
    if (!hello.isRetryRequest) this.#server = hello;
    return undefined;
  }

  #onCertificate(body: Uint8Array): string | undefined {
    this.#isFull = true;
    this.#certificate = readCertificate(body);
    return this.#certificate === undefined ? 'certificate' : undefined;
  }

  #summary(): string {
    const asked = this.#client === undefined ? '?' : (this.#client.serverName ?? 'no name');
    const server = this.#server;
    const answered = server === undefined ? '-' : `${wire.versionName(server.version)} ${suiteName(server.suite)}`;
    return `${asked} ${answered}`;
  }

  #fields(): RecordOf<TlsFields> {
    const [clientUs, serverUs] = this.#encryptedUs;
    const isMeasured = clientUs > 0 && serverUs > 0 && this.#client !== undefined;
    return {
      ...(this.#client === undefined ? {} : clientFields(this.#client)),
      ...(this.#server === undefined ? {} : this.#serverFields(this.#server)),
      ...this.#certificate,
      ...(this.#alerts.length === 0 ? {} : { ALERT: this.#alerts }),
      ...(isMeasured ? { HAND_DELAY: (Math.max(clientUs, serverUs) - this.#beginUs) / 1000 } : {}),
      ...(this.startTls === undefined ? {} : { STARTTLS: this.startTls }),
      RESP: this.#server === undefined && this.#alerts.length === 0 ? 0 : 1,
    };
  }

  #serverFields(server: ServerHello): RecordOf<TlsFields> {
    const resumed = this.#isResumed(server);
    return {
      TLS_VERSION: wire.versionName(server.version),
      CIPHER: suiteName(server.suite),
      ...(server.alpn === undefined ? {} : { ALPN: [server.alpn] }),
      ...(resumed === undefined ? {} : { RESUMED: resumed ? 1 : 0 }),
    };
  }

  /** Up to TLS 1.2 a server that resumes encrypts at once.
   *  @returns undefined when that was not seen */
  #isResumed(server: ServerHello): boolean | undefined {
    if (this.#isTls13) return server.usesPreSharedKey;
    if (this.#isFull) return false;
    return this.#changed[1] && !this.#isLost[1] ? true : undefined;
  }
}

function clientFields(client: ClientHello): RecordOf<TlsFields> {
  const { serverName, alpn } = client;
  return {
    ...(serverName === undefined ? {} : { SNI: serverName }),
    ...(alpn.length === 0 ? {} : { ALPN: alpn }),
    JA3: ja3(client),
    JA4: ja4(client),
  };
}
