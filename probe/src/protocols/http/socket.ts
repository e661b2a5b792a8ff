// cold. The life of a WebSocket, from the handshake's answer to its end: one record.
import type { RecordOf } from '@nanogelf/codec/fields';
import type { AnalyzerContext, Direction, Exchange } from '../analyzer.ts';
import type { httpFields } from '../kit/http-fields.ts';
import type { HttpRequest } from '../kit/http-message.ts';
import type { Redactor } from '../kit/redact/redactor.ts';
import { SocketSide } from './websocket.ts';

export class WebSocket {
  /** What the handshake's request said. */
  readonly #address: RecordOf<typeof httpFields>;
  readonly #redactor: Redactor;
  readonly #sides = [new SocketSide(0), new SocketSide(1)] as const;
  readonly #beginUs: number;
  #endUs: number;
  #bytes = 0;
  #isHoled = false;

  /** @param request of the handshake; undefined when it was not seen
   *  @param beginUs when it was granted */
  constructor(request: HttpRequest | undefined, context: AnalyzerContext<typeof httpFields>, beginUs: number) {
    const address = addressOf(request);
    this.#address = context.hold(JSON.stringify(address).length) ? address : {};
    this.#redactor = context.redactor;
    this.#beginUs = beginUs;
    this.#endUs = beginUs;
  }

  /** @returns bytes read */
  read(direction: Direction, bytes: Uint8Array, tsUs: number): number {
    const read = this.#sides[direction].read(bytes);
    this.#bytes += read;
    if (read > 0) this.#endUs = tsUs;
    return read;
  }

  /** A lost FIN counts as a byte in TCP: behind the close frame it is none. */
  skip(direction: Direction, lengthBytes: number): void {
    if (this.#sides[direction].isClosed) return;
    this.#isHoled = true;
    this.#sides[direction].skip(lengthBytes);
  }

  exchange(): Exchange<typeof httpFields> {
    const closed = this.#sides.find(({ closeCode }) => closeCode > 0);
    return {
      beginUs: this.#beginUs,
      endUs: this.#endUs,
      bytes: this.#bytes,
      summary: `WEBSOCKET ${this.#address.URL ?? '?'} ${closed?.closeCode ?? '-'}`,
      fields: { ...this.#address, METHOD: 'WEBSOCKET', ...this.#counts(), ...this.#close(closed), ...this.#errors() },
    };
  }

  #counts(): RecordOf<typeof httpFields> {
    const [src, dst] = this.#sides;
    return {
      SRC_WS_MSGS: src.messages,
      DST_WS_MSGS: dst.messages,
      WS_MSGS: src.messages + dst.messages,
      SRC_WS_BYTES: src.messageBytes,
      DST_WS_BYTES: dst.messageBytes,
      WS_BYTES: src.messageBytes + dst.messageBytes,
      SRC_WS_CONTROLS: src.controls,
      DST_WS_CONTROLS: dst.controls,
      WS_CONTROLS: src.controls + dst.controls,
    };
  }

  #close(closed: SocketSide | undefined): RecordOf<typeof httpFields> {
    if (closed === undefined) return {};
    const text = this.#redactor.text(closed.closeText);
    return { WS_CLOSE: closed.closeCode, ...(text === '' ? {} : { WS_CLOSE_TEXT: text }) };
  }

  #errors(): RecordOf<typeof httpFields> {
    const errors: string[] = [];
    if (this.#address.URL === undefined) errors.push('no_request');
    if (this.#sides.some(({ isCutOff }) => isCutOff)) errors.push('incomplete');
    if (this.#isHoled) errors.push('lost_bytes');
    else if (this.#sides.some(({ isLost }) => isLost)) errors.push('bad_frame');
    return errors.length === 0 ? {} : { ERR: errors };
  }
}

function addressOf(request: HttpRequest | undefined): RecordOf<typeof httpFields> {
  if (request === undefined) return {};
  const { url, version, domain, agent, forward, trace } = request;
  return {
    URL: url,
    HTTP_VERSION: version,
    ...(domain === '' ? {} : { DOMAIN: domain }),
    ...(agent === '' ? {} : { USER_AGENT: agent }),
    ...(forward === '' ? {} : { FORWARD: forward }),
    ...(trace === '' ? {} : { TRACE_ID: trace }),
  };
}
