// A method that is answered by another.
import type { Arguments } from './arguments.ts';
import type { Method } from './methods.ts';

export interface Call {
  readonly method: Method;
  readonly args: Arguments;
  readonly beginUs: number;
  readonly endUs: number;
  readonly bytes: number;
  readonly heldBytes: number;
}
