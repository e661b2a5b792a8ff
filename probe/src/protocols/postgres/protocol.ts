import type { Protocol } from '../analyzer.ts';
import { PostgresAnalyzer } from './analyzer.ts';
import { detect, resync } from './detect.ts';
import { postgresFields } from './fields.ts';

/** PostgreSQL's frontend/backend protocol 3, as its relatives speak it too (CockroachDB, Redshift, PgBouncer). */
export const postgres: Protocol<typeof postgresFields> = {
  id: 'postgres',
  title: 'POSTGRESQL',
  spec: ['PostgreSQL documentation, chapter "Frontend/Backend Protocol"'],
  transports: ['tcp'],
  ports: [5432, 5433, 6432, 26257],
  fields: postgresFields,
  detect,
  resync,
  open: context => new PostgresAnalyzer(context),
};
