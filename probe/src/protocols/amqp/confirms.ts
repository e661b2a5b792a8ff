// warm. Publishes that wait for the broker's confirms. Source: https://www.rabbitmq.com/docs/confirms
//
// A channel in confirm mode counts its publishes from 1; the broker acknowledges by number, one or all up to it. Where
// publishes were lost the count is too. A client that publishes only when all before was confirmed shows it again.
import type { Content } from './content.ts';

/** Publishes of one channel that wait at most: more than clients leave open. */
const PENDING_LIMIT = 4096;

export class Confirms {
  readonly #pending = new Map<number, Content>();
  /** Number of the next publish; 0 when it is not known. */
  #nextTag = 0;
  /** Highest number that was confirmed. */
  #highestTag = 0;
  #isOn = false;
  /** A confirm came since the last publish. */
  #answering = false;
  /** The client publishes while confirms are still coming. */
  #overlaps = false;

  /** The channel enters confirm mode. */
  select(): void {
    if (this.#isOn) return;
    this.#isOn = true;
    this.#nextTag = 1;
  }

  /** Takes the next publish, whose body is still to come.
   *  @param content undefined when there is no room to keep it
   *  @returns whether it waits for a confirm that will be known to be its own */
  publish(content: Content | undefined): boolean {
    if (!this.#isOn) return false;
    if (this.#answering && this.#pending.size > 0) this.#overlaps = true;
    if (this.#nextTag === 0 && this.#answering && !this.#overlaps) this.#nextTag = this.#highestTag + 1;
    this.#answering = false;
    if (this.#nextTag === 0) return false;
    const tag = this.#nextTag++;
    if (content === undefined || this.#pending.size >= PENDING_LIMIT) return false;
    this.#pending.set(tag, content);
    return true;
  }

  /** @param isMultiple all up to `tag` are meant, or all there are if that is 0
   *  @returns the publishes that it confirms, in their order */
  confirm(tag: number, isMultiple: boolean): readonly Content[] {
    this.#isOn = true;
    this.#answering = true;
    this.#highestTag = Math.max(this.#highestTag, tag);
    if (this.#nextTag > 0 && tag >= this.#nextTag) this.#doubt();
    return isMultiple ? this.#takeUpTo(tag || Number.POSITIVE_INFINITY) : this.#take(tag);
  }

  /** Bytes of `direction` were lost.
   *  @returns publishes whose confirms may be among them */
  lose(direction: 0 | 1): readonly Content[] {
    if (direction === 1) return this.#takeUpTo(Number.POSITIVE_INFINITY);
    this.#nextTag = 0;
    this.#answering = false;
    return [];
  }

  /** It confirms what was not seen: the count was wrong. */
  #doubt(): void {
    this.#nextTag = 0;
    this.#overlaps = true;
  }

  #take(tag: number): Content[] {
    const content = this.#pending.get(tag);
    this.#pending.delete(tag);
    return content === undefined ? [] : [content];
  }

  #takeUpTo(last: number): Content[] {
    const taken: Content[] = [];
    for (const [tag, content] of this.#pending) {
      if (tag > last) break;
      taken.push(content);
      this.#pending.delete(tag);
    }
    return taken;
  }
}
