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
  const later = layers.slice(index + 1).filter(l => l.talk === layer.talk && channelOf(l) === channelOf(layer));
  const answer = later.find(
    l => l.fromClient !== layer.fromClient && methodOf(l)?.startsWith(method) && ANSWER.test(methodOf(l) ?? ''),
  );
  const empty = method === 'basic.get' ? later.find(l => l.fromClient !== layer.fromClient) : undefined;
  const told = method === 'basic.get' ? empty : layer;
  const header = hasContent(method)
    ? later.find(l => counted(l, 'amqp.type') === HEADER && l.fromClient === told?.fromClient)
    : undefined;
  const of = (name: string): string | undefined =>
    shown(layer, `amqp.method.arguments.${name}`) ||
    (told && shown(told, `amqp.method.arguments.${name}`)) ||
    undefined;
  const code = of('reply_code');
  const isGetEmpty = empty !== undefined && methodOf(empty) === 'basic.get-empty';
  return {
    name: `channel ${channelOf(layer)} ${method}`,
    facts: {
      BEGIN_TIME: layer.begin,
      EXCHANGE: of('exchange'),
      ROUTING_KEY: of('routing_key'),
      ...(method === 'basic.deliver' || method === 'queue.declare' ? {} : { QUEUE: of('queue') }),
      CONTENTTYPE: isGetEmpty ? undefined : header && shown(header, 'amqp.method.properties.content_type'),
      BODY_BYTES: isGetEmpty ? undefined : header && counted(header, 'amqp.header.body-size'),
      ...(answer ? { RESP: 1, END_TIME: answer.end } : {}),
      ...(method.endsWith('.close') && Number(code) >= 300 ? { ERR: `${code} ${of('reply_text')}` } : {}),
    },
  };
}

const hasContent = (method: string): boolean =>
  ['basic.publish', 'basic.deliver', 'basic.get', 'basic.return'].includes(method);
