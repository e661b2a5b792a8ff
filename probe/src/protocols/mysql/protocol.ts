import type { Protocol } from '../analyzer.ts';
import { MysqlAnalyzer } from './analyzer.ts';
import { detect, resync } from './detect.ts';
import { mysqlFields } from './fields.ts';

/** MySQL's client/server protocol, as MySQL and MariaDB and their proxies speak it. */
export const mysql: Protocol<typeof mysqlFields> = {
  id: 'mysql',
  title: 'MYSQL',
  spec: ['MySQL 8.4 source documentation, Client/Server Protocol', 'MariaDB knowledge base, Clientserver Protocol'],
  transports: ['tcp'],
  ports: [3306],
  fields: mysqlFields,
  detect,
  resync,
  open: context => new MysqlAnalyzer(context),
};
