// cold. What the dashboards show: each widget is one aggregation, told by its fields.

export interface Widget {
  readonly title: string;
  readonly query: string;
  /** `count()`, `avg(FIELD)`, `max(FIELD)`, `sum(FIELD)`, `percentile(FIELD,95)`. */
  readonly series: readonly string[];
  /** Rows: over time, or the field whose most frequent values are shown. */
  readonly by: 'time' | readonly string[];
  /** A line for each value of it. */
  readonly split?: string;
  readonly show: 'line' | 'bar' | 'table' | 'numeric';
  readonly width: 4 | 6 | 8 | 12;
}

export interface Dashboard {
  readonly name: string;
  readonly title: string;
  readonly messageType: string;
  readonly widgets: readonly Widget[];
}

const ends = 'NOT STATE:ACTIVE AND _exists_:STATE';
const pairs = ['SRC_IP', 'DST_IP', 'DST_PORT'] as const;
const over = (title: string, query: string, series: readonly string[], split?: string): Widget => ({
  title,
  query,
  series,
  by: 'time',
  ...(split === undefined ? {} : { split }),
  show: 'line',
  width: 6,
});
const top = (title: string, query: string, by: readonly string[], series: readonly string[]): Widget => ({
  title,
  query,
  series,
  by,
  show: 'table',
  width: 6,
});

export const DASHBOARDS: readonly Dashboard[] = [
  {
    name: 'network',
    title: 'Nano: network',
    messageType: 'comm',
    widgets: [
      over('Bytes', '_exists_:STATE', ['sum(BYTES)'], 'L4_PROTOCOL'),
      over('How conversations ended', ends, ['count()'], 'STATE'),
      over('Network delay, ms', '_exists_:STATE', ['avg(SRC_NET_DELAY)', 'avg(DST_NET_DELAY)', 'max(NET_DELAY_MAX)']),
      over('Retransmitted, out of order, lost', '_exists_:STATE', [
        'sum(RETRANS_PKTS)',
        'sum(OOO_PKTS)',
        'sum(ZEROWIN_PKTS)',
      ]),
      top('Most bytes', '_exists_:STATE', pairs, ['sum(BYTES)']),
      top('Most retransmissions', 'RETRANS_PKTS:>0', pairs, ['sum(RETRANS_PKTS)', 'max(SRC_RETRANS_DELAY_MAX)']),
      top('Refused or unanswered', 'STATE:(S0 OR REJ)', pairs, ['count()']),
      over('Server or network: ms', '_exists_:STATE', ['avg(APP_RESPONSE)', 'avg(NET_DELAY)']),
    ],
  },
  {
    name: 'exchanges',
    title: 'Nano: applications',
    messageType: 'comm',
    widgets: [
      over('Exchanges', 'NOT _exists_:STATE', ['count()'], 'L7_PROTOCOL'),
      over('HTTP by status', 'L7_PROTOCOL:HTTP', ['count()'], 'RETCODE'),
      over('HTTP response, ms', 'L7_PROTOCOL:HTTP', ['avg(HTTP_RESPONSE)', 'percentile(HTTP_RESPONSE,95)']),
      over('DNS response, ms', 'L7_PROTOCOL:DNS', ['avg(DNS_RESPONSE)', 'percentile(DNS_RESPONSE,95)']),
      top('Slowest HTTP', 'L7_PROTOCOL:HTTP', ['DOMAIN', 'URL'], ['percentile(HTTP_RESPONSE,95)', 'count()']),
      top('HTTP errors', 'L7_PROTOCOL:HTTP AND RETCODE:>=400', ['DOMAIN', 'URL', 'RETCODE'], ['count()']),
      top('Names not found', 'L7_PROTOCOL:DNS AND RCODE:NXDOMAIN', ['DOMAIN'], ['count()']),
      top('Never answered', 'RESP:0', ['L7_PROTOCOL', 'DST_IP', 'DST_PORT'], ['count()']),
    ],
  },
  {
    name: 'probes',
    title: 'Nano: probes',
    messageType: 'probe',
    widgets: [
      over('Datagrams received', '_exists_:relay_received', ['sum(relay_received)'], 'probe'),
      over('Datagrams lost on the way', '_exists_:relay_lost', ['sum(relay_lost)'], 'probe'),
      top(
        'Replayed or copied',
        'relay_replayed:>0 OR relay_duplicated:>0',
        ['probe'],
        ['sum(relay_replayed)', 'sum(relay_duplicated)'],
      ),
      top('Most lost', 'relay_lost:>0', ['probe'], ['sum(relay_lost)', 'sum(relay_received)']),
    ],
  },
];
