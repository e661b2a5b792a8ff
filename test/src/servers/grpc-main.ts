// cold. A gRPC server by @grpc/grpc-js, whose messages are plain bytes:
//   node grpc-main.js PORT
import {
  Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import { echoService } from './grpc-service.ts';

const server = new Server();
server.addService(echoService, {
  Say: ({ request }: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) => answer(null, request),
  Count: (call: ServerWritableStream<Buffer, Buffer>) => {
    for (let i = 1; i <= Number(call.request); i++) call.write(Buffer.from(`number ${i}`));
    call.end();
  },
  Join: (call: ServerReadableStream<Buffer, Buffer>, answer: sendUnaryData<Buffer>) => {
    const parts: Buffer[] = [];
    call.on('data', part => parts.push(part));
    call.on('end', () => answer(null, Buffer.concat(parts)));
  },
  Chat: (call: ServerDuplexStream<Buffer, Buffer>) => {
    call.on('data', part => call.write(part));
    call.on('end', () => call.end());
  },
  Fail: (_call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) => {
    const metadata = new Metadata();
    metadata.set('reason', 'test');
    answer({ code: status.NOT_FOUND, details: 'nichts für ungut: 100 %', metadata });
  },
  Wait: () => {},
});
server.bindAsync(`127.0.0.1:${process.argv[2]}`, ServerCredentials.createInsecure(), error => {
  if (error !== null) throw error;
  console.log('listening');
});
