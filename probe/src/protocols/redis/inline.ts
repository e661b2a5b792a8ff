// cold. The words of an inline command, and of a line of MONITOR. Source: how redis-server splits them (sdssplitargs).

const WORD = /\s*(?:"((?:\\.|[^"\\])*)(?:"|\\?$)|'((?:\\'|[^'])*)(?:'|$)|(\S+))/gy;

/** @returns the words without their quotes; the last may have lost its closing quote */
export function wordsOf(line: string): string[] {
  return Array.from(line.matchAll(WORD), ([, double, single, bare]) =>
    double === undefined ? (single ?? bare ?? '') : double.replace(/\\(["\\])/g, '$1'),
  );
}
