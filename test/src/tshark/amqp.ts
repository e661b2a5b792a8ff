// cold. AMQP 0-9-1 methods and contents as tshark sees them.
import type { Claim, Judge } from './claims.ts';
import { all, counted, type Layer, shown } from './pdml.ts';

const METHOD = 1;
const HEADER = 2;
/** Answers belong to what they answer; acknowledgements make no record. */
const ANSWER = /-ok$|-empty$/;
const SILENT = new Set([
  'basic.ack',
  'basic.nack',
  'basic.reject',
  'basic.recover-async',
  'connection.blocked',
  'connection.unblocked',
]);

export const amqpJudge: Judge = {
  layers: ['amqp'],
  claims(layers) {
    const claims: Claim[] = [];
    layers.forEach((layer, index) => {
      const method = methodOf(layer);
      if (method === undefined || ANSWER.test(method) || SILENT.has(method)) return;
      claims.push(claimOf(layers, index, method));
    });
    return claims;
  },
  nameOf: ({ CHANNEL, METHOD: method }) => `channel ${CHANNEL} ${method}`,
};

function methodOf(layer: Layer): string | undefined {
  if (counted(layer, 'amqp.type') !== METHOD) return undefined;
  const word = (name: string): string => /: ([\w-]+)/.exec(all(layer, name)[0]?.label ?? '')?.[1]?.toLowerCase() ?? '';
  return `${word('amqp.method.class')}.${word('amqp.method.method')}`;
}

const channelOf = (layer: Layer): number => counted(layer, 'amqp.channel') ?? 0;

function claimOf(layers: readonly Layer[], index: number, method: string): Claim {
  const layer = layers[index] as Layer;
  const later = layers.slice(index + 1).filter(next => channelOf(next) === channelOf(layer));
  const answer = later.find(next => next.fromClient !== layer.fromClient && isAnswer(methodOf(next), method));
  // What basic.get asks for comes with its answer.
  const bearer = method === 'basic.get' ? answer : layer;
  const of = (name: string): string | undefined => argument(layer, name) ?? (bearer && argument(bearer, name));
  const code = of('reply_code');
  return {
    name: `channel ${channelOf(layer)} ${method}`,
    facts: {
      BEGIN_TIME: layer.begin,
      EXCHANGE: of(method.startsWith('exchange.') && method.endsWith('bind') ? 'destination' : 'exchange'),
      ROUTING_KEY: of('routing_key'),
      // Not in these methods, or named by the server.
      ...(method === 'basic.deliver' || method === 'queue.declare' ? {} : { QUEUE: of('queue') }),
      ...(bearer && CONTENT.has(methodOf(bearer) ?? '') ? contentFacts(later, bearer) : {}),
      ...(answer ? { RESP: 1 } : {}),
      ...(answer && method !== 'basic.get' ? { END_TIME: answer.end } : {}),
      ...(method.endsWith('.close') && Number(code) >= 300 ? { ERR: `${code} ${of('reply_text')}` } : {}),
    },
  };
}

const CONTENT = new Set(['basic.publish', 'basic.deliver', 'basic.get-ok', 'basic.return']);

const isAnswer = (answer: string | undefined, method: string): boolean =>
  answer !== undefined && ANSWER.test(answer) && answer.replace(ANSWER, '') === method;

function contentFacts(later: readonly Layer[], bearer: Layer): { readonly [field: string]: unknown } {
  const header = later.find(
    next =>
      counted(next, 'amqp.type') === HEADER && next.fromClient === bearer.fromClient && next.frame >= bearer.frame,
  );
  return {
    CONTENTTYPE: header && shown(header, 'amqp.method.properties.content_type'),
    BODY_BYTES: header && counted(header, 'amqp.header.body-size'),
  };
}

/** What is not ASCII tshark leaves out of what it shows. */
function argument(layer: Layer, name: string): string | undefined {
  const field = all(layer, `amqp.method.arguments.${name}`)[0];
  return (field?.show.includes('\ufffd') ? field.bytes.toString() : field?.show) || undefined;
}
