import { fileURLToPath } from 'node:url';

/** The repository's folder, with a slash at its end. */
export const root = fileURLToPath(new URL('../../../', import.meta.url));

/** The commands of the packages, as built. */
export const commands = {
  probe: `${root}probe/dist/src/main.js`,
  relay: `${root}relay/dist/src/main.js`,
  keys: `${root}relay/dist/src/keys/main.js`,
};
