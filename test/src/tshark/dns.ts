// cold. DNS queries and answers as tshark sees them.
import type { Claim, Judge } from './claims.ts';
import { all, counted, type Field, type Layer, shown } from './pdml.ts';

type Record = { readonly [field: string]: unknown };

export const dnsJudge: Judge = {
  layers: ['dns', 'mdns', 'llmnr'],
  claims: layers => layers.filter(isQuery).map(query => claimOf(query, answerTo(query, layers))),
  nameOf: ({ ID, DOMAIN, QTYPE, RESP, L7_PROTOCOL }) =>
    L7_PROTOCOL === 'MDNS' && RESP === 1 ? undefined : `${ID} ${DOMAIN} ${QTYPE}`,
  view: record => ({
    ...record,
    ANSWERS: Array.isArray(record.ANSWERS) ? record.ANSWERS.map(comparable).map(inOrder) : undefined,
  }),
};

/** As the claims have them. */
const inOrder = ({ name, type, data, ttl }: Record): Record => ({ name, type, data, ttl });

const isQuery = (layer: Layer): boolean => counted(layer, 'dns.flags.response') === 0;

function answerTo(query: Layer, layers: readonly Layer[]): Layer | undefined {
  const frame = counted(query, 'dns.response_in');
  return layers.find(layer => layer.frame === frame && shown(layer, 'dns.id') === shown(query, 'dns.id'));
}

function claimOf(query: Layer, answer: Layer | undefined): Claim {
  const [name, type] = [shown(query, 'dns.qry.name'), all(query, 'dns.qry.type')[0]];
  const message = answer ?? query;
  return {
    name: `${counted(query, 'dns.id')} ${name === undefined ? name : rooted(name)} ${type ? typeName(type) : undefined}`,
    facts: {
      BEGIN_TIME: query.begin,
      END_TIME: answer?.end ?? query.end,
      RESP: answer ? 1 : 0,
      RCODE: answer && rcodeName(rcodeOf(answer)),
      FLAGS: flagsOf(message),
      ANSWERS: answer && answersOf(answer),
    },
  };
}

/** `A (Host Address) (1)` is A. */
function typeName(type: Field): string {
  if (type.label.includes(': Unknown')) return `TYPE${type.show}`;
  return type.label.includes(': * ') ? 'ANY' : (/: ([\w-]+)/.exec(type.label)?.[1] ?? '');
}

/** EDNS has the upper bits. */
const rcodeOf = (answer: Layer): number =>
  (counted(answer, 'dns.flags.rcode') ?? 0) + 16 * (counted(answer, 'dns.resp.ext_rcode') ?? 0);

const RCODES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];
const rcodeName = (code: number): string | undefined => (code === 16 ? 'BADVERS' : RCODES[code]);

const FLAGS: readonly (readonly [string, string])[] = [
  ['flags.authoritative', 'aa'],
  ['flags.truncated', 'tc'],
  ['flags.recdesired', 'rd'],
  ['flags.recavail', 'ra'],
  ['flags.authenticated', 'ad'],
  ['flags.checkdisable', 'cd'],
  ['resp.z.do', 'do'],
];

const flagsOf = (message: Layer): string[] =>
  FLAGS.filter(([name]) => counted(message, `dns.${name}`) === 1).map(([, flag]) => flag);

function answersOf(answer: Layer): Record[] | undefined {
  const part = answer.inner.find(({ show }) => show === 'Answers');
  const answers = part?.inner.map(answerOf);
  return answers && answers.length > 0 ? answers : undefined;
}

/** How the data of a record is written, of the types whose parts tshark tells; theirs alone is compared. */
const DATA: { readonly [type: string]: (text: (name: string) => string, record: Field) => string } = {
  A: text => text('a'),
  AAAA: text => text('aaaa'),
  CNAME: text => text('cname'),
  NS: text => text('ns'),
  PTR: text => text('ptr.domain_name'),
  MX: text => `${text('mx.preference')} ${text('mx.mail_exchange')}`,
  SOA: text =>
    [...['mname', 'rname', 'serial_number', 'refresh_interval', 'retry_interval', 'expire_limit', 'minimum_ttl']]
      .map(part => text(`soa.${part}`))
      .join(' '),
  SRV: text => `${text('srv.priority')} ${text('srv.weight')} ${text('srv.port')} ${text('srv.target')}`,
  CAA: text => `${Number(text('caa.flags'))} ${text('caa.tag')} "${text('caa.value')}"`,
  NAPTR: text =>
    `${text('naptr.order')} ${text('naptr.preference')} "${text('naptr.flags')}" "${text('naptr.service')}" ` +
    `"${text('naptr.regex')}" ${text('naptr.replacement')}`,
  SSHFP: text =>
    `${text('sshfp.algorithm')} ${text('sshfp.fingerprint.type')} ${text('sshfp.fingerprint').replaceAll(':', '')}`,
  TXT: (_, record) =>
    all(record, 'dns.txt')
      .map(({ show }) => `"${show.replaceAll('"', '\\"')}"`)
      .join(' '),
};

function answerOf(record: Field): Record {
  const type = all(record, 'dns.resp.type')[0];
  const name = type ? typeName(type) : '';
  const text = (part: string): string => shown(record, `dns.${part}`) ?? '';
  // The owner of an SRV record is shown in three parts, and then not as its name.
  const owner = shown(record, 'dns.resp.name') ?? `${text('srv.service')}.${text('srv.proto')}.${text('srv.name')}`;
  const data = DATA[name]?.(text, record);
  return { name: rooted(owner), type: name, data, ttl: counted(record, 'dns.resp.ttl') };
}

/** What we say of the data of other types is not judged. */
const comparable = ({ data, ...more }: Record): Record => ({
  ...more,
  data: typeof more.type === 'string' && more.type in DATA ? data : undefined,
});

const rooted = (name: string): string => (name === '<Root>' ? '.' : name);
