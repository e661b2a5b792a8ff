// cold. What an HTTP exchange's record says, whatever the version.
import { defineFields } from '@nanogelf/codec/fields';

export const httpFields = defineFields({
  HTTP_RESPONSE: { type: 'double', unit: 'ms', doc: 'Last byte of the request to the first byte of the response.' },
  PAGELOAD: { type: 'double', unit: 'ms', doc: 'First to last byte of the response.' },
  RETCODE: { type: 'long', doc: 'Status code of the final response; left out when none was seen.' },
  METHOD: { type: 'keyword', doc: 'Request method; WEBSOCKET in the record at the end of one.' },
  URL: { type: 'keyword', doc: 'Request target as sent.' },
  DOMAIN: { type: 'keyword', doc: 'Host header or :authority, or the host of an absolute request target.' },
  CONTENTTYPE: { type: 'keyword', doc: 'Content-Type of the response, of the request where the response has none.' },
  FORWARD: { type: 'keyword', doc: 'Client address out of Forwarded or X-Forwarded-For.' },
  REQ_HEADER: {
    type: 'text',
    doc: 'Header lines of the request as sent (HTTP/2: `name: value`, without pseudo-headers), cut at bodylen.',
  },
  REQ_BODY: { type: 'text', doc: 'Decoded text body of the request, cut at bodylen.' },
  RSP_HEADER: { type: 'text', doc: 'Header lines of the response, as in REQ_HEADER.' },
  RSP_BODY: { type: 'text', doc: 'Decoded text body of the response, cut at bodylen.' },
  REQ_TRAILER: { type: 'text', doc: 'Trailer lines after the body of the request, cut at bodylen.' },
  RSP_TRAILER: { type: 'text', doc: 'Trailer lines after the body of the response, cut at bodylen.' },
  HTTP_VERSION: { type: 'keyword', doc: 'Version of the request, of the response where no request was seen.' },
  USER_AGENT: { type: 'text', doc: 'User-Agent header.' },
  REQ_BODY_BYTES: { type: 'long', unit: 'B', doc: 'Body of the request as transferred, framing left out.' },
  RSP_BODY_BYTES: { type: 'long', unit: 'B', doc: 'Body of the response as transferred, framing left out.' },
  TRUNCATED: { type: 'long', doc: '1 when a header block or body given here was cut.' },
  TRACE_ID: { type: 'keyword', doc: 'Trace id out of W3C traceparent.' },
  SRC_WS_MSGS: { type: 'long', doc: 'WebSocket: messages from SRC to DST; fragments of one are one.' },
  DST_WS_MSGS: { type: 'long', doc: 'WebSocket: messages from DST to SRC.' },
  WS_MSGS: { type: 'long', doc: 'WebSocket: messages of both directions.' },
  SRC_WS_BYTES: { type: 'long', unit: 'B', doc: 'WebSocket: payload of the messages from SRC, as transferred.' },
  DST_WS_BYTES: { type: 'long', unit: 'B', doc: 'WebSocket: payload of the messages from DST, as transferred.' },
  WS_BYTES: { type: 'long', unit: 'B', doc: 'WebSocket: payload of both directions, as transferred.' },
  SRC_WS_CONTROLS: { type: 'long', doc: 'WebSocket: ping, pong and close frames from SRC.' },
  DST_WS_CONTROLS: { type: 'long', doc: 'WebSocket: ping, pong and close frames from DST.' },
  WS_CONTROLS: { type: 'long', doc: 'WebSocket: ping, pong and close frames of both directions.' },
  WS_CLOSE: { type: 'long', doc: 'WebSocket: code of the close frame; left out when there was none.' },
  WS_CLOSE_TEXT: { type: 'text', doc: 'WebSocket: reason given in the close frame.' },
  ERR: {
    type: 'keyword',
    many: true,
    doc:
      'What is wrong with the exchange: no_request, no_response, incomplete, lost_bytes, bad_chunk, bad_frame; what two ' +
      'servers may read differently: both_lengths, bad_length, bad_transfer_coding, odd_header, wrapped_header, two_hosts.',
  },
});
