// cold. examples/graylog/content-pack.json: input, streams, dashboards, and the probe as a Sidecar's collector.
import type { GeneratedFile } from '../generated-file.ts';
import { dashboard } from './dashboard.ts';
import { sidecarCollector } from './sidecar.ts';
import { gelfInput, PORT_PARAMETER, streams } from './streams.ts';
import { stableId } from './uuid.ts';
import { DASHBOARDS } from './widgets.ts';

/** One more with each change of the pack, so that Graylog takes it as an upgrade. */
const REVISION = 1;

export const contentPack = (): GeneratedFile => ({
  path: 'examples/graylog/content-pack.json',
  text: `${JSON.stringify(pack(), null, 2)}\n`,
});

const pack = (): object => ({
  v: '1',
  id: stableId('content pack'),
  rev: REVISION,
  name: 'nanogelf',
  summary: 'Traffic logs and KPIs of nanogelf',
  description: 'GELF input, a stream for each kind of record, dashboards, and the probe as a Sidecar collector.',
  vendor: 'nanogelf',
  url: '',
  created_at: '2026-01-01T00:00:00.000Z',
  server_version: '5.0.0',
  parameters: [
    {
      name: PORT_PARAMETER,
      title: 'GELF UDP port',
      description: 'Where the input listens: probes send there, or the relay that opens their records.',
      type: 'integer',
      default_value: 12_201,
    },
  ],
  entities: [gelfInput(), ...streams(), ...DASHBOARDS.map(dashboard), sidecarCollector()],
});
