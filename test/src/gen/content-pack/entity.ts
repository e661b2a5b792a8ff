// cold. How a content pack writes what it holds. Source: Graylog's content pack models, version 1.
import { stableId } from './uuid.ts';

export interface Entity {
  readonly v: '1';
  readonly id: string;
  readonly type: { readonly name: string; readonly version: string };
  readonly data: object;
  readonly constraints: readonly object[];
}

const SERVER = '>=5.0.0';

/** @returns the value as a pack's models take it */
export const typed = (value: string | number | boolean): object => ({ '@type': typeOf(value), '@value': value });

export const parameter = (name: string): object => ({ '@type': 'parameter', '@value': name });

const typeOf = (value: string | number | boolean): string =>
  typeof value === 'number' ? (Number.isInteger(value) ? 'integer' : 'double') : typeof value;

export const entityId = (kind: string, name: string): string => stableId(`${kind} ${name}`);

export const entity = (kind: string, name: string, data: object, version = '1'): Entity => ({
  v: '1',
  id: entityId(kind, name),
  type: { name: kind, version },
  data,
  constraints: [{ type: 'server-version', version: SERVER }],
});
