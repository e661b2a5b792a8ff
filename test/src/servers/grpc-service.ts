// cold. The service that the gRPC tests call, without a .proto: its messages are bytes.
import type { MethodDefinition } from '@grpc/grpc-js';

const same = (value: Buffer): Buffer => value;

const method = (name: string, requestStream: boolean, responseStream: boolean): MethodDefinition<Buffer, Buffer> => ({
  path: `/nanogelf.test.v1.Echo/${name}`,
  requestStream,
  responseStream,
  requestSerialize: same,
  requestDeserialize: same,
  responseSerialize: same,
  responseDeserialize: same,
});

export const echoService = {
  Say: method('Say', false, false),
  Count: method('Count', false, true),
  Join: method('Join', true, false),
  Chat: method('Chat', true, true),
  Fail: method('Fail', false, false),
  Wait: method('Wait', false, false),
  /** The server has no such method. */
  Unknown: method('Unknown', false, false),
};
