// A protocol in one small folder, to be copied. QUOTE is ours: a client sends `QUOTE topic` and a line end, the server
// answers, in order, with `+text` or `-reason` and a line end. docs/add-a-protocol.md says what each part is for.
import { defineFields } from '@nanogelf/codec/fields';
import {
  type Analyzer,
  type AnalyzerContext,
  type Detection,
  type Direction,
  LOST,
  type Protocol,
} from '../analyzer.ts';
import { Pairing } from '../kit/pairing.ts';
import { utf8 } from '../kit/text.ts';

/** A longer line is not of this protocol. */
const LINE_LIMIT_BYTES = 512;

export const quoteFields = defineFields({
  QUOTE_RESPONSE: { type: 'double', unit: 'ms', doc: 'Last byte of the question to the first byte of the answer.' },
  TOPIC: { type: 'keyword', doc: 'What was asked for.' },
  TEXT: { type: 'text', doc: 'The quote.' },
  ERR: { type: 'text', doc: 'Why there was none.' },
  RESP: { type: 'long', doc: '1 when an answer was seen, 0 when none came.' },
});

type Context = AnalyzerContext<typeof quoteFields>;

interface Question {
  readonly topic: string;
  readonly beginUs: number;
  readonly endUs: number;
  readonly bytes: number;
}

class QuoteAnalyzer implements Analyzer {
  readonly #context: Context;
  readonly #pairing: Pairing<Question>;

  constructor(context: Context) {
    this.#context = context;
    this.#pairing = new Pairing<Question>(context.midStream, question => this.#reportUnanswered(question));
  }

  onData(direction: Direction, bytes: Uint8Array, tsUs: number, beginUs: number): number {
    const newline = bytes.indexOf(0x0a);
    if (newline < 0) return bytes.length < LINE_LIMIT_BYTES ? 0 : this.#lose(direction, 'line_limit');
    const line = utf8(bytes, 0, newline).trimEnd();
    if (direction === 0 && !line.startsWith('QUOTE ')) return this.#lose(direction, 'question');
    const lengthBytes = newline + 1;
    if (direction === 0) this.#onQuestion(line.slice(6), lengthBytes, tsUs, beginUs);
    else this.#onAnswer(line, lengthBytes, tsUs, beginUs);
    return lengthBytes;
  }

  onGap(direction: Direction): boolean {
    this.#pairing.lose(direction);
    return false;
  }

  onClose(): void {
    this.#pairing.close();
  }

  #onQuestion(topic: string, bytes: number, endUs: number, beginUs: number): void {
    if (this.#context.hold(bytes)) this.#pairing.ask({ topic, beginUs, endUs, bytes });
    else this.#pairing.lose(0);
  }

  #onAnswer(line: string, bytes: number, tsUs: number, beginUs: number): void {
    const question = this.#pairing.answer();
    const isError = line.startsWith('-');
    const { bodies, bodyLen } = this.#context;
    this.#context.release(question?.bytes ?? 0);
    this.#context.emit({
      beginUs: question?.beginUs ?? beginUs,
      endUs: tsUs,
      bytes: bytes + (question?.bytes ?? 0),
      summary: `QUOTE ${question?.topic ?? '?'} ${isError ? 'error' : 'ok'}`,
      fields: {
        ...(question && { TOPIC: question.topic, QUOTE_RESPONSE: (beginUs - question.endUs) / 1000 }),
        ...(isError ? { ERR: line.slice(1) } : bodies && { TEXT: line.slice(1, 1 + bodyLen) }),
        RESP: 1,
      },
    });
  }

  #reportUnanswered({ topic, beginUs, endUs, bytes }: Question): void {
    this.#context.release(bytes);
    this.#context.emit({ beginUs, endUs, bytes, summary: `QUOTE ${topic} -`, fields: { TOPIC: topic, RESP: 0 } });
  }

  #lose(direction: Direction, reason: string): number {
    this.#context.parseError(reason);
    this.#pairing.lose(direction);
    return LOST;
  }
}

const QUESTION = Buffer.from('QUOTE ');

function detect(direction: Direction, bytes: Uint8Array): Detection {
  if (direction === 1) return bytes[0] === 0x2b || bytes[0] === 0x2d ? 'more' : 'no';
  const seen = Math.min(bytes.length, QUESTION.length);
  for (let i = 0; i < seen; i++) if (bytes[i] !== QUESTION[i]) return 'no';
  return seen === QUESTION.length ? 'yes' : 'more';
}

/** A message starts where a line starts. */
function resync(direction: Direction, bytes: Uint8Array): number {
  for (let at = 0; at < bytes.length; at = bytes.indexOf(0x0a, at) + 1) {
    if (startsMessage(direction, bytes, at)) return at;
    if (bytes.indexOf(0x0a, at) < 0) return -1;
  }
  return -1;
}

function startsMessage(direction: Direction, bytes: Uint8Array, at: number): boolean {
  if (direction === 1) return bytes[at] === 0x2b || bytes[at] === 0x2d;
  return bytes.length - at >= QUESTION.length && QUESTION.every((byte, i) => byte === bytes[at + i]);
}

export const quote: Protocol<typeof quoteFields> = {
  id: 'quote',
  title: 'QUOTE',
  spec: ['this file'],
  transports: ['tcp'],
  ports: [7117],
  fields: quoteFields,
  detect,
  resync,
  open: context => new QuoteAnalyzer(context),
};
