// cold. Times as records give them.
let second = -1;
let text = '';

/** @param tsUs whole microseconds since the epoch
 *  @returns ISO 8601 in UTC with microseconds; records of one second share the text up to it */
export function isoTime(tsUs: number): string {
  const wholeSecond = Math.floor(tsUs / 1e6);
  if (wholeSecond !== second) {
    second = wholeSecond;
    text = new Date(wholeSecond * 1000).toISOString().slice(0, 20);
  }
  return `${text}${String(1e6 + (tsUs - wholeSecond * 1e6)).slice(1)}Z`;
}
