// warm. CLIENT REPLY: whether commands are answered. Source: https://redis.io/docs/latest/commands/client-reply
import type { Request } from './request.ts';

export class ReplyMode {
  /** Commands to come without a reply: none, the next one, all. */
  #silent: 'none' | 'next' | 'all' = 'none';

  /** Takes the next command.
   *  @returns whether it has no reply */
  isSilent({ command, text }: Request): boolean {
    const mode = command === 'CLIENT REPLY' ? (text.split(' ')[2] ?? '').toUpperCase() : '';
    if (mode === 'ON' || command === 'RESET') this.#silent = 'none';
    else if (mode === 'OFF') this.#silent = 'all';
    else if (mode === 'SKIP' && this.#silent !== 'all') {
      this.#silent = 'next';
      return true;
    }
    const isSilent = this.#silent !== 'none';
    if (this.#silent === 'next') this.#silent = 'none';
    return isSilent;
  }
}
