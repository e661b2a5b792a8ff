// cold. Our records of a capture beside what tshark says of it.
import { type Verdict, verdictOf } from './claims.ts';
import { BENCHES, type Bench } from './judges.ts';
import { dissected } from './pdml.ts';

export { BENCHES, type Verdict };

/** @param records of the capture, with texts that are not cut */
export function judged(path: string, bench: Bench, records: readonly { readonly [field: string]: unknown }[]): Verdict {
  const { judges, decodeAs, options = [] } = bench;
  const names = judges.flatMap(judge => judge.layers);
  const layers = dissected(path, names, [...decodeAs.flatMap(port => ['-d', port]), ...options]);
  const verdicts = judges.map(judge =>
    verdictOf(
      judge,
      layers.filter(({ name }) => judge.layers.includes(name)),
      records,
    ),
  );
  return { lines: verdicts.flatMap(({ lines }) => lines), claims: verdicts.flatMap(({ claims }) => claims) };
}
