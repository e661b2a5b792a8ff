// warm. Reads both directions of an AMQP connection, frame by frame, and tells what happens on its channels.
import { type Analyzer, type AnalyzerContext, type Direction, LOST } from '../analyzer.ts';
import { type Arguments, readArguments } from './arguments.ts';
import type { Call } from './call.ts';
import { Channel } from './channel.ts';
import { Content } from './content.ts';
import type { amqpFields } from './fields.ts';
import * as frame from './frame.ts';
import { METHODS, type Method, maySend } from './methods.ts';
import { type Answer, answerExchange, type Connection, callExchange, errorText, messageExchange } from './record.ts';

type Context = AnalyzerContext<typeof amqpFields>;

/** Channels of one connection: what RabbitMQ allows by default, and the connection's own. */
const CHANNELS_LIMIT = 2048;
/** What a channel, a call and a message cost beside their texts. */
const CHANNEL_BYTES = 800;
const CALL_BYTES = 300;
const CONTENT_BYTES = 300;

/** Where a direction stands: inside a frame whose payload is not kept. */
class Side {
  leftBytes = 0;
  /** The octet that ends the frame is to come. */
  awaitsEnd = false;
  /** The message that the payload belongs to. */
  channel: Channel | undefined;

  clear(): void {
    this.leftBytes = 0;
    this.awaitsEnd = false;
    this.channel = undefined;
  }
}

/** A method's frame as it was read. */
interface Read {
  readonly method: Method;
  readonly args: Arguments;
  readonly bytes: number;
  readonly beginUs: number;
  readonly endUs: number;
}

export class AmqpAnalyzer implements Analyzer {
  readonly #context: Context;
  readonly #channels = new Map<number, Channel>();
  readonly #sides = [new Side(), new Side()] as const;
  readonly #connection: Connection = { host: '', user: '' };

  constructor(context: Context) {
    this.#context = context;
  }

  onData(direction: Direction, bytes: Uint8Array, tsUs: number, beginUs: number): number {
    const side = this.#sides[direction];
    if (side.leftBytes > 0) return this.#readPayload(direction, side, bytes, tsUs);
    if (side.awaitsEnd) return this.#readEnd(direction, side, bytes);
    if (bytes[0] === frame.PROTOCOL_HEADER[0]) return this.#readProtocolHeader(direction, bytes);
    if (!frame.isFrameStart(bytes, 0)) return this.#misread(direction, 'frame');
    if (bytes.length < frame.FRAME_HEADER_BYTES) return 0;
    if (bytes[0] === frame.BODY || frame.sizeAt(bytes, 0) > frame.WHOLE_LIMIT_BYTES)
      return this.#beginPayload(direction, side, bytes);
    const end = frame.frameEnd(bytes, 0);
    if (end === -1) return 0;
    if (end === -2) return this.#misread(direction, 'frame_end');
    return this.#readFrame(direction, bytes, end, tsUs, beginUs);
  }

  onGap(direction: Direction, lengthBytes: number, tsUs: number): boolean {
    const side = this.#sides[direction];
    if (side.leftBytes < lengthBytes) {
      this.#lose(direction);
      return false;
    }
    side.leftBytes -= lengthBytes;
    const content = side.channel?.contents[direction];
    content?.lose(lengthBytes, tsUs);
    this.#finishWhole(direction, side.channel);
    return true;
  }

  onClose(): void {
    for (const channel of this.#channels.values()) this.#reportAll(channel, channel.close());
  }

  #readProtocolHeader(direction: Direction, bytes: Uint8Array): number {
    const header = frame.PROTOCOL_HEADER;
    for (let i = 0; i < Math.min(bytes.length, header.length); i++)
      if (bytes[i] !== header[i]) return this.#misread(direction, 'protocol_header');
    return bytes.length < header.length ? 0 : header.length;
  }

  #readFrame(direction: Direction, bytes: Uint8Array, end: number, tsUs: number, beginUs: number): number {
    const type = bytes[0];
    if (type === frame.METHOD) return this.#readMethod(direction, bytes, end, tsUs, beginUs);
    if (type !== frame.HEADER) return end;
    const channel = this.#channels.get(frame.channelAt(bytes, 0));
    const content = channel?.contents[direction];
    if (content === undefined) return end;
    if (!content.readHeader(bytes, frame.FRAME_HEADER_BYTES, end - 1, tsUs)) return this.#misread(direction, 'header');
    if (this.#context.bodies && content.heldBytes > 0) content.keep(this.#context.bodyLen);
    this.#finishWhole(direction, channel);
    return end;
  }

  /** Of a frame that is not kept whole. */
  #beginPayload(direction: Direction, side: Side, bytes: Uint8Array): number {
    const channel = this.#channels.get(frame.channelAt(bytes, 0));
    side.leftBytes = frame.sizeAt(bytes, 0);
    side.awaitsEnd = true;
    if (bytes[0] === frame.BODY) {
      side.channel = channel;
      channel?.contents[direction]?.beginFrame();
      return frame.FRAME_HEADER_BYTES;
    }
    this.#context.parseError('frame_limit');
    if (channel !== undefined) this.#reportAll(channel, channel.lose(direction));
    return frame.FRAME_HEADER_BYTES;
  }

  #readPayload(direction: Direction, side: Side, bytes: Uint8Array, tsUs: number): number {
    const takes = Math.min(bytes.length, side.leftBytes);
    side.leftBytes -= takes;
    side.channel?.contents[direction]?.add(bytes, 0, takes, tsUs);
    this.#finishWhole(direction, side.channel);
    return takes;
  }

  #readEnd(direction: Direction, side: Side, bytes: Uint8Array): number {
    side.clear();
    return bytes[0] === frame.FRAME_END ? 1 : this.#misread(direction, 'frame_end');
  }

  #readMethod(direction: Direction, bytes: Uint8Array, end: number, endUs: number, beginUs: number): number {
    const at = frame.FRAME_HEADER_BYTES;
    const method = METHODS.get(frame.u32(bytes, at));
    if (method === undefined || !maySend(method, direction)) return this.#misread(direction, 'method');
    const args = readArguments(method, bytes, at + 4, end - 1);
    const channel = this.#channelOf(frame.channelAt(bytes, 0), method);
    if (channel !== undefined) this.#onMethod(direction, channel, { method, args, bytes: end, beginUs, endUs });
    return end;
  }

  /** @returns undefined when there is no room for it */
  #channelOf(number: number, method: Method): Channel | undefined {
    const isOpened = method.name === 'channel.open' || method.name === 'connection.start';
    const known = this.#channels.get(number);
    if (known !== undefined && !isOpened) return known;
    if (known !== undefined) this.#closeChannel(known);
    if (this.#channels.size >= CHANNELS_LIMIT || !this.#context.hold(CHANNEL_BYTES)) {
      this.#context.parseError('channel_not_held');
      return undefined;
    }
    const isKnown = isOpened || (number === 0 && !this.#context.midStream);
    const channel = new Channel(number, isKnown, (call, from) => this.#giveUp(from, call));
    this.#channels.set(number, channel);
    return channel;
  }

  #onMethod(direction: Direction, channel: Channel, read: Read): void {
    const { method, args } = read;
    if (method.hasContent) this.#onMessage(direction, channel, read);
    else if (method.answers.length > 0) this.#onCall(direction, channel, read);
    else if (method.name === 'basic.ack' || method.name === 'basic.nack') this.#onConfirm(direction, channel, read);
    else if (method.name.endsWith('-ok') || method.name === 'basic.get-empty') this.#onAnswer(direction, channel, read);
    else if (method.name.endsWith('blocked')) this.#reportCall(channel, { ...read, heldBytes: 0 }, undefined, false);
    if (method.name === 'connection.open') this.#connection.host = args.host;
  }

  #onCall(direction: Direction, channel: Channel, read: Read): void {
    const { method, args } = read;
    if (args.code > 0) this.#fail(direction, channel, read);
    if (method.name === 'confirm.select') channel.confirms.select();
    if ((args.bits & method.noWait) !== 0) {
      if (method.name === 'basic.consume') channel.consume(args.consumerTag, args.queue);
      this.#reportCall(channel, { ...read, heldBytes: 0 }, undefined, false);
      return;
    }
    const heldBytes = CALL_BYTES + args.queue.length + args.exchange.length + args.routingKey.length + args.text.length;
    const isHeld = this.#context.hold(heldBytes);
    const call = { ...read, heldBytes: isHeld ? heldBytes : 0 };
    channel.call(direction, isHeld ? call : undefined);
    if (isHeld) return;
    this.#context.parseError('call_not_held');
    this.#reportCall(channel, call, undefined, true);
  }

  /** A close says which method was to blame, and that no other will be answered. */
  #fail(direction: Direction, channel: Channel, { args, beginUs, endUs }: Read): void {
    const asker = direction === 0 ? 1 : 0;
    const channels = channel.number === 0 ? this.#channels.values() : [channel];
    for (const { calls, number } of channels) {
      const pairing = calls[asker];
      const isBlamed = args.blamed > 0 && pairing.next?.method.id === args.blamed;
      const call = isBlamed ? pairing.answer() : undefined;
      const error = errorText(args.code, args.text);
      const answer = { beginUs, endUs, bytes: 0, outcome: String(args.code), error };
      if (call !== undefined) this.#reportCall({ number }, call, answer, true);
      if (number !== 0) pairing.close();
    }
  }

  #onAnswer(direction: Direction, channel: Channel, read: Read): void {
    const { method, args, bytes, beginUs, endUs } = read;
    const call = this.#callOf(direction, channel, method);
    const answer = { beginUs, endUs, bytes, args, outcome: outcomeOf(read) };
    if (method.name === 'connection.start-ok') this.#connection.user = args.user;
    if (call !== undefined) this.#reportCall(channel, call, answer, true);
    else this.#context.emit(answerExchange(this.#connection, channel.number, method, answer));
    if (method.name === 'basic.consume-ok' && call !== undefined) channel.consume(args.consumerTag, call.args.queue);
    if (method.name === 'confirm.select-ok') channel.confirms.select();
    if (method.name === 'channel.close-ok') this.#closeChannel(channel);
  }

  /** @returns the call that a method of `direction` answers, if that is sure */
  #callOf(direction: Direction, channel: Channel, method: Method): Call | undefined {
    const pairing = channel.calls[direction === 0 ? 1 : 0];
    const next = pairing.next;
    if (next === undefined || next.method.answers.includes(method.name)) return pairing.answer();
    this.#context.parseError('unexpected_answer');
    pairing.lose(1);
    return undefined;
  }

  #onConfirm(direction: Direction, channel: Channel, { method, args, beginUs, endUs }: Read): void {
    // A consumer's acknowledgement says nothing of its message here.
    if (direction === 0) return;
    const isNack = method.name === 'basic.nack';
    const answer = { beginUs, endUs, bytes: 0, outcome: isNack ? 'nack' : 'ack', ...(isNack && { error: 'nack' }) };
    for (const content of channel.confirms.confirm(args.deliveryTag, (args.bits & 1) !== 0))
      this.#reportMessage(channel, content, answer);
  }

  #onMessage(direction: Direction, channel: Channel, read: Read): void {
    const { method, args, bytes, beginUs, endUs } = read;
    const content = new Content(method, args, bytes, beginUs, endUs);
    const heldBytes = CONTENT_BYTES + this.#context.bodyLen;
    if (this.#context.hold(heldBytes)) content.heldBytes = heldBytes;
    else this.#context.parseError('message_not_held');
    if (method.name === 'basic.get-ok') content.call = this.#callOf(direction, channel, method);
    if (method.name === 'basic.publish')
      content.waits = channel.confirms.publish(content.heldBytes > 0 ? content : undefined);
    const unfinished = channel.contents[direction];
    channel.contents[direction] = content;
    if (unfinished !== undefined && !unfinished.waits) this.#reportMessage(channel, unfinished, undefined);
  }

  #finishWhole(direction: Direction, channel: Channel | undefined): void {
    const content = channel?.contents[direction];
    if (channel === undefined || content?.isWhole !== true) return;
    channel.contents[direction] = undefined;
    if (!content.waits) this.#reportMessage(channel, content, undefined);
  }

  #reportMessage(channel: Channel, content: Content, confirm: Answer | undefined): void {
    const queue = content.method.name === 'basic.deliver' ? channel.queueOf(content.args.consumerTag) : '';
    this.#context.emit(
      messageExchange(this.#connection, channel.number, content, queue, confirm, this.#context.redactor),
    );
    this.#context.release(content.heldBytes + (content.call?.heldBytes ?? 0));
    if (channel.contents[0] === content) channel.contents[0] = undefined;
  }

  #reportCall(channel: { number: number }, call: Call, answer: Answer | undefined, isDue: boolean): void {
    this.#context.emit(callExchange(this.#connection, channel.number, call, answer, isDue));
    this.#context.release(call.heldBytes);
  }

  #giveUp(channel: Channel, call: Call): void {
    this.#reportCall(channel, call, undefined, true);
  }

  #reportAll(channel: Channel, contents: readonly Content[]): void {
    for (const content of contents) this.#reportMessage(channel, content, undefined);
  }

  #closeChannel(channel: Channel): void {
    this.#reportAll(channel, channel.close());
    this.#channels.delete(channel.number);
    this.#context.release(CHANNEL_BYTES);
  }

  #misread(direction: Direction, reason: string): number {
    this.#context.parseError(reason);
    this.#lose(direction);
    return LOST;
  }

  #lose(direction: Direction): void {
    this.#sides[direction].clear();
    for (const channel of this.#channels.values()) this.#reportAll(channel, channel.lose(direction));
  }
}

function outcomeOf({ method, args }: Read): string {
  if (method.name === 'basic.get-empty') return 'empty';
  return [args.queue, args.count < 0 ? 'ok' : String(args.count)].filter(Boolean).join(' ');
}
