// cold. A gRPC client by @grpc/grpc-js: calls every kind of method once and says what came of each:
//   node grpc-main.js PORT
import { Client, credentials, type MethodDefinition, type ServiceError, type StatusObject } from '@grpc/grpc-js';
import { echoService } from '../servers/grpc-service.ts';

/** What became of a call. */
export interface Call {
  readonly method: string;
  readonly code: number;
  readonly details: string;
  readonly sent: number;
  readonly sentBytes: number;
  readonly received: number;
  readonly receivedBytes: number;
}

type Method = MethodDefinition<Buffer, Buffer>;

const client = new Client(`127.0.0.1:${process.argv[2]}`, credentials.createInsecure());

class Tally {
  received = 0;
  receivedBytes = 0;

  add(message: Buffer | undefined): void {
    if (message === undefined) return;
    this.received += 1;
    this.receivedBytes += message.length;
  }
}

function report({ path }: Method, sent: readonly Buffer[], tally: Tally, { code, details }: StatusObject): void {
  const method = path.split('/').at(-1) ?? '';
  const sentBytes = sent.reduce((sum, { length }) => sum + length, 0);
  const { received, receivedBytes } = tally;
  const call: Call = { method, code, details, sent: sent.length, sentBytes, received, receivedBytes };
  console.log(JSON.stringify(call));
}

/** Calls a method of any kind.
 *  @param texts messages to send */
function call(method: Method, texts: readonly string[], deadlineMs = 10_000): Promise<void> {
  const messages = texts.map(text => Buffer.from(text));
  const tally = new Tally();
  const options = { deadline: Date.now() + deadlineMs };
  const { path, requestSerialize: pack, responseDeserialize: unpack, requestStream, responseStream } = method;
  const first = messages[0] ?? Buffer.alloc(0);
  const take = (_error: ServiceError | null, message?: Buffer) => tally.add(message);
  return new Promise(resolve => {
    const end = (status: StatusObject) => {
      report(method, messages, tally, status);
      resolve();
    };
    if (requestStream && responseStream) {
      const stream = client.makeBidiStreamRequest(path, pack, unpack, options);
      stream
        .on('data', message => tally.add(message))
        .on('error', () => {})
        .on('status', end);
      for (const message of messages) stream.write(message);
      stream.end();
    } else if (requestStream) {
      const stream = client.makeClientStreamRequest(path, pack, unpack, options, take);
      stream.on('status', end);
      for (const message of messages) stream.write(message);
      stream.end();
    } else if (responseStream) {
      const stream = client.makeServerStreamRequest(path, pack, unpack, first, options);
      stream
        .on('data', message => tally.add(message))
        .on('error', () => {})
        .on('status', end);
    } else client.makeUnaryRequest(path, pack, unpack, first, options, take).on('status', end);
  });
}

await call(echoService.Say, ['hello']);
await call(echoService.Count, ['5']);
await call(echoService.Join, ['one', 'and two', 'x'.repeat(40_000)]);
await call(echoService.Chat, ['ping', 'pong']);
await call(echoService.Fail, ['whatever']);
await call(echoService.Unknown, ['?']);
await call(echoService.Wait, ['for nothing'], 300);
await call(echoService.Say, ['goodbye']);
client.close();
