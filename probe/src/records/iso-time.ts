// cold. Times as records give them.

const DAY_S = 86_400;
/** Two digits, by number. */
const TWO = Array.from({ length: 60 }, (_, value) => String(value).padStart(2, '0'));

let day = -1;
let date = '';

/** @param tsUs whole microseconds since the epoch
 *  @returns ISO 8601 in UTC with microseconds; the date is looked up once a day, since Date costs microseconds */
export function isoTime(tsUs: number): string {
  const wholeSecond = Math.floor(tsUs / 1e6);
  const wholeDay = Math.floor(wholeSecond / DAY_S);
  if (wholeDay !== day) {
    day = wholeDay;
    date = new Date(wholeDay * DAY_S * 1000).toISOString().slice(0, 11);
  }
  const second = wholeSecond - wholeDay * DAY_S;
  const clock = `${TWO[Math.floor(second / 3600)]}:${TWO[Math.floor(second / 60) % 60]}:${TWO[second % 60]}`;
  return `${date}${clock}.${String(1e6 + (tsUs - wholeSecond * 1e6)).slice(1)}Z`;
}
