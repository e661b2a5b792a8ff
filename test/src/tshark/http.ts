// cold. HTTP/1.x exchanges as tshark sees them.
import type { Claim, Judge } from './claims.ts';
import { all, counted, type Field, type Layer, shown } from './pdml.ts';

export const httpJudge: Judge = {
  layers: ['http'],
  claims(layers) {
    const answers = layers.filter(isFinalAnswer);
    return layers.filter(isRequest).map((request, index) => claimOf(request, answers[index], layers));
  },
  nameOf: ({ L7_PROTOCOL, METHOD, URL }) =>
    L7_PROTOCOL !== 'HTTP' || METHOD === 'WEBSOCKET' ? undefined : `${METHOD} ${URL}`,
};

const isRequest = (layer: Layer): boolean => shown(layer, 'http.request.method') !== undefined;
const isFinalAnswer = (layer: Layer): boolean => {
  const code = counted(layer, 'http.response.code');
  return code !== undefined && (code >= 200 || code === 101);
};

function claimOf(request: Layer, answer: Layer | undefined, layers: readonly Layer[]): Claim {
  const paired = counted(request, 'http.response_in');
  const [method, url] = [shown(request, 'http.request.method'), shown(request, 'http.request.uri')];
  const type = answer && shown(answer, 'http.content_type');
  return {
    name: `${method} ${url}`,
    facts: {
      BEGIN_TIME: request.begin,
      // The only fact that tshark's own pairing decides; else the answers are taken in order (RFC 9112, 9.3.2).
      END_TIME: layers.find(({ frame }) => frame === paired)?.end,
      HTTP_VERSION: shown(request, 'http.request.version')?.replace('HTTP/', ''),
      DOMAIN: shown(request, 'http.host'),
      USER_AGENT: shown(request, 'http.user_agent'),
      RETCODE: answer && counted(answer, 'http.response.code'),
      CONTENTTYPE: type ?? shown(request, 'http.content_type'),
      REQ_HEADER: linesOf(request, 'http.request.line'),
      RSP_HEADER: answer && linesOf(answer, 'http.response.line'),
      REQ_BODY_BYTES: bodyBytes(request),
      RSP_BODY_BYTES: answer && bodyBytes(answer),
    },
  };
}

const linesOf = (message: Field, name: string): string | undefined =>
  all(message, name)
    .map(({ show }) => show.trim())
    .join('\r\n') || undefined;

function bodyBytes(message: Field): number | undefined {
  const chunks = all(message, 'http.chunk_size');
  if (chunks.length > 0) return chunks.reduce((sum, { show }) => sum + Number(show), 0) || undefined;
  const coded = shown(message, 'http.content_encoding') !== undefined;
  return coded ? counted(message, 'http.content_length') : all(message, 'http.file_data')[0]?.bytes.length;
}
