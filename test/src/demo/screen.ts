// cold. Prints the opened records as they come, and remembers what the end of the demo is about.
import { hostname } from 'node:os';
import { formatRecordLine, wantsColour } from '@nanogelf/cli';
import type { PlainRecord } from '@nanogelf/codec';
import { wirePicture } from './story.ts';

/** A name of fewer bytes than this could be in a datagram by chance. */
const SHORTEST_SECRET = 6;
/** What the visitors ask and are told, and who watched them. */
const SECRETS = ['/orders/42', 'umbrella', 'not-for-your-eyes', 'shop.demo.example', hostname()].filter(
  text => text.length >= SHORTEST_SECRET,
);
/** The protocol whose datagram is shown as it crossed the wire: its records are easy to read. */
const PICTURED = 'HTTP';

const COLOUR = process.stdout.isTTY === true && wantsColour();

export class Screen {
  /** Exchanges by protocol, and conversations. */
  readonly records = new Map<string, number>();
  /** Those texts that an opened record held: on the wire nobody may read them. */
  readonly secrets = new Set<string>();
  /** Datagrams, by the relay's account. */
  lost = 0;
  readonly #say: (text: string) => void;
  readonly #datagrams: () => readonly Buffer[];
  #hasPicture = false;

  /** @param datagrams gives what crossed the wire so far */
  constructor(say: (text: string) => void, datagrams: () => readonly Buffer[]) {
    this.#say = say;
    this.#datagrams = datagrams;
  }

  show(record: PlainRecord): void {
    if (record['message-type'] === 'probe') this.lost += Number(record.relay_lost);
    else this.#showTraffic(record);
  }

  #showTraffic(record: PlainRecord): void {
    const kind = record.STATE === undefined ? String(record.L7_PROTOCOL) : 'conversation';
    this.records.set(kind, (this.records.get(kind) ?? 0) + 1);
    const text = JSON.stringify(record);
    for (const secret of SECRETS) if (text.includes(secret)) this.secrets.add(secret);
    this.#say(formatRecordLine({ ...record, probe: undefined }, undefined, COLOUR));
    if (!this.#hasPicture && kind === PICTURED) this.#picture(record);
  }

  #picture(record: PlainRecord): void {
    const picture = wirePicture(record, this.#datagrams());
    if (picture === undefined) return;
    this.#hasPicture = true;
    this.#say(picture);
  }
}
