// The scenario files: what a receiver is given, step by step, and what it must make of it.
import { createHash } from 'node:crypto';
import { formatKey, formatRegistry, type RegistryRow } from '@nanogelf/codec';
import { type Draft, KEYS, LOW_ORDER, MASTER_KID, PSK_KID, publicOf, SEALED_KID, twinSeal } from './twin.ts';

export const START_MS = 1_800_000_000_000;
export const T0 = START_MS / 1000;

/** What a receiver gives for a message. */
export interface Expected {
  type: number;
  /** Base64; a body over 1,024 bytes by its length and SHA-256 instead. */
  body?: string;
  bodyBytes?: number;
  bodySha256?: string;
  kid: number;
  name: string;
  t0: number;
  sid: number;
  seq: number;
  sentMs: number;
  stale: boolean;
}

export type Step =
  | { nowMs: number; datagram: string; flipBit?: number; cutTo?: number; expect: string | Expected }
  | { save: number }
  | { restart: number }
  | { registry: string }
  | { counters: { [reason: string]: number } }
  | { stats: { kid: number; received: number; lost: number; late: number; duplicated: number; replayed: number }[] };

export interface Scenario {
  name: string;
  registry?: string;
  clock?: 'strict' | 'monotone';
  dropStale?: boolean;
  startedAtMs?: number;
  /** True when the receiver keeps state; it begins with none. */
  state?: boolean;
  packetsPerSecond?: number;
  bytesPerSecond?: number;
  steps: Step[];
}

const rows = {
  psk: { kid: PSK_KID, name: 'web-1', suite: 'psk', key: KEYS.psk },
  master: { kid: MASTER_KID, name: 'web-2', suite: 'psk' },
  sealed: { kid: SEALED_KID, name: 'db.1', suite: 'sealed', key: publicOf(KEYS.probe) },
} as const satisfies { [name: string]: RegistryRow };

const own = { master: KEYS.master, secret: KEYS.receiver };
const all = (...change: RegistryRow[]) =>
  formatRegistry({
    ...own,
    rows: [...change, ...Object.values(rows).filter(row => !change.some(({ kid }) => kid === row.kid))],
  });

/** Registries by name, as the text of a file. */
export const REGISTRIES: { readonly [name: string]: string } = {
  default: all(),
  revoked: all({ ...rows.psk, revokedS: T0 - 60 }),
  tombstone: all({ kid: PSK_KID, name: 'web-1', suite: 'psk', revokedS: T0 - 60 }),
  later: all({ ...rows.psk, notBeforeS: T0 + 10 }),
  earlier: all({ ...rows.psk, notAfterS: T0 + 10 }),
  without: formatRegistry({ ...own, rows: [rows.master] }),
  rekeyed: all({ ...rows.psk, key: KEYS.ephemeral }),
  'moved-without': formatRegistry({ ...own, secret: KEYS.ephemeral, rows: [rows.master] }),
  moved: formatRegistry({ ...own, secret: KEYS.ephemeral, rows: Object.values(rows) }),
  'low-order': all({ ...rows.sealed, key: LOW_ORDER }),
};

export const KEY_TEXTS = {
  master: formatKey('master', KEYS.master),
  secret: formatKey('secret', KEYS.receiver),
  receiver: formatKey('receiver', publicOf(KEYS.receiver)),
  probe: formatKey('probe', publicOf(KEYS.probe)),
  psk: formatKey('psk', KEYS.psk),
};

/** Collects the datagrams and scenarios of one file. */
export class Script {
  readonly scenarios: Scenario[] = [];
  readonly datagrams: { [name: string]: string } = {};
  private readonly names = new Map<string, string>();

  scenario(name: string, steps: Step[], rest: Partial<Scenario> = {}): void {
    this.scenarios.push({ name, ...rest, steps });
  }

  /** @returns the name of a datagram, which the file holds once */
  add(datagram: Buffer): string {
    const text = datagram.toString('base64');
    const name = this.names.get(text) ?? `d${this.names.size}`;
    this.names.set(text, name);
    this.datagrams[name] = text;
    return name;
  }

  /** A datagram that is refused, or a fragment that waits. */
  refused(draft: Draft, expect: string, nowMs = START_MS): Step {
    return { nowMs, datagram: this.add(twinSeal(draft)), expect };
  }

  /** A datagram that is opened. `change` is what a receiver must see otherwise than the draft says. */
  opened(
    draft: Draft,
    nowMs = START_MS,
    change: { body?: Uint8Array; type?: number; seq?: number; stale?: boolean } = {},
  ): Step {
    return { nowMs, datagram: this.add(twinSeal(draft)), expect: expected(draft, change) };
  }

  text(about: string): string {
    const lines = (items: unknown[]) => items.map(item => `    ${JSON.stringify(item)}`).join(',\n');
    const entries = (table: object) =>
      Object.entries(table)
        .map(([name, value]) => `    ${JSON.stringify(name)}: ${JSON.stringify(value)}`)
        .join(',\n');
    const scenarios = this.scenarios.map(({ steps, ...head }) => {
      const open = JSON.stringify({ ...head }).slice(0, -1);
      return `    ${open}, "steps": [\n${lines(steps)}\n    ]}`;
    });
    return `{\n  "about": ${JSON.stringify(about)},\n  "registries": {\n${entries(REGISTRIES)}\n  },\n  "datagrams": {\n${entries(this.datagrams)}\n  },\n  "scenarios": [\n${scenarios.join(',\n')}\n  ]\n}\n`;
  }
}

const NAMES: { readonly [kid: number]: string } = { [PSK_KID]: 'web-1', [MASTER_KID]: 'web-2', [SEALED_KID]: 'db.1' };

function expected(draft: Draft, change: { body?: Uint8Array; type?: number; seq?: number; stale?: boolean }): Expected {
  const { kid = PSK_KID, t0, sid = 0x55667788, dms = 0 } = draft;
  const body = Buffer.from(change.body ?? draft.body ?? []);
  const content =
    body.length <= 1_024
      ? { body: body.toString('base64') }
      : { bodyBytes: body.length, bodySha256: createHash('sha256').update(body).digest('hex') };
  const type = change.type ?? (draft.type ?? 1) & 0x0f;
  const name = NAMES[kid] as string;
  return {
    type,
    ...content,
    kid,
    name,
    t0,
    sid,
    seq: change.seq ?? draft.seq,
    sentMs: t0 * 1000 + dms,
    stale: change.stale ?? false,
  };
}
