// cold. Who uses the demo's services, over and over: real clients.
import { promises as dns } from 'node:dns';
import { setTimeout as sleep } from 'node:timers/promises';

/** What was asked of the services so far. */
export interface Visits {
  readonly requests: number;
  readonly queries: number;
  /** Ends the visits. */
  stop(): Promise<void>;
}

const PAUSE_MS = 400; // slow enough to read along
const REQUESTS: readonly { readonly path: string; readonly init?: RequestInit }[] = [
  { path: '/' },
  { path: '/orders/42' },
  { path: '/login', init: { method: 'POST', redirect: 'manual', body: 'user=ada&password=not-for-your-eyes' } },
  { path: '/nowhere' },
];
const NAMES = ['shop.demo.example', 'mail.demo.example', 'nobody.demo.example'];

/** Visits both services until it is told to stop. */
export function startVisits(httpPort: number, dnsPort: number): Visits {
  const resolver = new dns.Resolver();
  resolver.setServers([`127.0.0.1:${dnsPort}`]);
  const count = { requests: 0, queries: 0 };
  const ending = new AbortController();
  const visit = async () => {
    for (let round = 0; !ending.signal.aborted; round++) {
      const { path, init } = REQUESTS[round % REQUESTS.length] ?? { path: '/' };
      await resolver.resolve4(NAMES[round % NAMES.length] ?? '').catch(() => []); // a name that is unknown is part of it
      count.queries++;
      await (await fetch(`http://127.0.0.1:${httpPort}${path}`, init)).text();
      count.requests++;
      await sleep(PAUSE_MS, undefined, { signal: ending.signal }).catch(() => {}); // told to stop
    }
  };
  const visiting = visit();
  return {
    get requests() {
      return count.requests;
    },
    get queries() {
      return count.queries;
    },
    stop: () => {
      ending.abort();
      return visiting;
    },
  };
}
