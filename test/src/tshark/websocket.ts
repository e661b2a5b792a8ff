// cold. WebSocket messages as tshark sees them.
import type { Claim, Judge } from './claims.ts';
import { counted, type Layer, shown } from './pdml.ts';

const CLOSE = 8;

export const websocketJudge: Judge = {
  layers: ['websocket'],
  claims: layers => (layers.length > 0 ? [claimOf(layers)] : []),
  nameOf: ({ METHOD }) => (METHOD === 'WEBSOCKET' ? 'WEBSOCKET' : undefined),
};

function claimOf(frames: readonly Layer[]): Claim {
  const close = frames.find(frame => opcode(frame) === CLOSE);
  return {
    name: 'WEBSOCKET',
    facts: {
      ...sideOf(
        'SRC',
        frames.filter(({ fromClient }) => fromClient),
      ),
      ...sideOf(
        'DST',
        frames.filter(({ fromClient }) => !fromClient),
      ),
      WS_CLOSE: close && counted(close, 'websocket.payload.close.status_code'),
      WS_CLOSE_TEXT: (close && shown(close, 'websocket.payload.close.reason')) || undefined,
    },
  };
}

function sideOf(side: string, frames: readonly Layer[]): { readonly [field: string]: unknown } {
  const data = frames.filter(frame => opcode(frame) < CLOSE);
  const bytes = data.reduce((sum, frame) => sum + payloadBytes(frame), 0);
  return {
    [`${side}_WS_MSGS`]: data.filter(frame => counted(frame, 'websocket.fin') === 1).length,
    [`${side}_WS_BYTES`]: bytes,
    [`${side}_WS_CONTROLS`]: frames.length - data.length,
  };
}

const opcode = (frame: Layer): number => counted(frame, 'websocket.opcode') ?? 0;

const payloadBytes = (frame: Layer): number =>
  counted(frame, 'websocket.payload_length_ext_64') ??
  counted(frame, 'websocket.payload_length_ext_16') ??
  counted(frame, 'websocket.payload_length') ??
  0;
