// warm. The tables of HPACK. Source: RFC 7541 sections 2.3 and 4, Appendix A.

/** What is shown for a name or value that was announced in bytes which were not seen. */
export const UNSEEN = '*';

export interface Entry {
  readonly name: string;
  readonly value: string;
  /** False when either is not known. */
  readonly isSeen: boolean;
}

/** By index; 0 is not used. */
export const STATIC_TABLE: readonly Entry[] = `
:authority
:method GET
:method POST
:path /
:path /index.html
:scheme http
:scheme https
:status 200
:status 204
:status 206
:status 304
:status 400
:status 404
:status 500
accept-charset
accept-encoding gzip, deflate
accept-language
accept-ranges
accept
access-control-allow-origin
age
allow
authorization
cache-control
content-disposition
content-encoding
content-language
content-length
content-location
content-range
content-type
cookie
date
etag
expect
expires
from
host
if-match
if-modified-since
if-none-match
if-range
if-unmodified-since
last-modified
link
location
max-forwards
proxy-authenticate
proxy-authorization
range
referer
refresh
retry-after
server
set-cookie
strict-transport-security
transfer-encoding
user-agent
vary
via
www-authenticate`
  .split('\n')
  .map(line => {
    const [name = '', ...words] = line.split(' ');
    return { name, value: words.join(' '), isSeen: true };
  });

/** What an entry counts beyond its name and value. */
const ENTRY_BYTES = 32;
/** Size until an encoder says otherwise. */
const DEFAULT_BYTES = 4096;
/** Kept of a table at most, however large its owners agreed on: browsers use that much, servers less. */
export const TABLE_LIMIT_BYTES = 64 * 1024;

interface SizedEntry extends Entry {
  readonly sizeBytes: number;
}

const UNSEEN_ENTRY: Entry = { name: UNSEEN, value: UNSEEN, isSeen: false };

/** What one direction's header blocks added. */
export class DynamicTable {
  /** Size of what it holds, as the RFC counts it. */
  sizeBytes = 0;
  /** The newest last; those before `#first` were dropped. */
  #entries: SizedEntry[] = [];
  #first = 0;
  #maxBytes = DEFAULT_BYTES;
  /** The owners' own limit is larger: they may know entries that were dropped here. */
  #isCapped = false;
  /** Behind the entries may be older ones that were not seen. */
  #hasUnseen = false;

  /** Bytes were lost: what comes next is known, what came before is not. */
  lose(): void {
    this.#entries = [];
    this.#first = 0;
    this.sizeBytes = 0;
    this.#maxBytes = TABLE_LIMIT_BYTES;
    this.#isCapped = true;
    this.#hasUnseen = true;
  }

  /** @param index 1 for the newest
   *  @returns undefined where no entry can be */
  at(index: number): Entry | undefined {
    const place = this.#entries.length - index;
    if (place >= this.#first) return this.#entries[place];
    return this.#hasUnseen ? UNSEEN_ENTRY : undefined;
  }

  /** @param textBytes of name and value, as on the wire */
  add({ name, value, isSeen }: Entry, textBytes: number): void {
    const sizeBytes = textBytes + ENTRY_BYTES;
    this.#shrink(this.#maxBytes - sizeBytes);
    if (sizeBytes > this.#maxBytes) return;
    this.#entries.push({ name, value, isSeen, sizeBytes });
    this.sizeBytes += sizeBytes;
  }

  resize(maxBytes: number): void {
    this.#isCapped = maxBytes > TABLE_LIMIT_BYTES;
    this.#maxBytes = Math.min(maxBytes, TABLE_LIMIT_BYTES);
    this.#shrink(this.#maxBytes);
    if (maxBytes === 0) this.#hasUnseen = false;
  }

  #shrink(toBytes: number): void {
    if (this.sizeBytes <= toBytes) return;
    while (this.sizeBytes > toBytes && this.#first < this.#entries.length)
      this.sizeBytes -= this.#entries[this.#first++]?.sizeBytes ?? 0;
    this.#hasUnseen ||= this.#isCapped;
    // Now and then, as moving the rest costs more than dropping one.
    if (this.#first * 2 < this.#entries.length) return;
    this.#entries = this.#entries.slice(this.#first);
    this.#first = 0;
  }
}
