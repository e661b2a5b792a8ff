import { defineFields } from '@nanogelf/codec/fields';
import { httpFields } from '../kit/http-fields.ts';

export const http2Fields = defineFields({
  ...httpFields,
  HTTP2_STREAM: { type: 'long', doc: 'Stream that carried the exchange: even ones were pushed by the server.' },
  PUSHED: { type: 'long', doc: '1 when the server pushed it; METHOD, URL and REQ_HEADER are then those it promised.' },
  GRPC_SERVICE: { type: 'keyword', doc: 'gRPC: service with its package, as in `shop.v1.Cart`.' },
  GRPC_METHOD: { type: 'keyword', doc: 'gRPC: method of the service.' },
  GRPC_STATUS: { type: 'long', doc: 'gRPC: status code, 0 when all is well; left out when none was seen.' },
  GRPC_REQ_MSGS: { type: 'long', doc: 'gRPC: messages that the client sent.' },
  GRPC_RSP_MSGS: { type: 'long', doc: 'gRPC: messages that the server sent.' },
  GRPC_REQ_MSG_BYTES: {
    type: 'long',
    unit: 'B',
    doc: 'gRPC: messages that the client sent, as transferred, without their prefixes.',
  },
  GRPC_RSP_MSG_BYTES: {
    type: 'long',
    unit: 'B',
    doc: 'gRPC: messages that the server sent, as transferred, without their prefixes.',
  },
  ERR: {
    type: 'keyword',
    many: true,
    doc: 'What is wrong with the exchange: no_request, no_response, incomplete, lost_bytes, unseen_headers (announced before the capture began or in lost bytes: shown as `*`), header_limit, stream_limit, reset_by_client or reset_by_server or goaway and the name of the error code, rapid_reset; for gRPC the message of the status, or its name.',
  },
});
