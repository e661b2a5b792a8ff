// cold. What can happen to a transcript on its way.
import { opposite, turned } from './replay.ts';
import type { Direction, Happening, Transcript } from './transcript.ts';

/** Variants of one kind that are tried at most per fixture, evenly spread. */
const SAMPLES = 400;

function* sampled(count: number): Generator<number> {
  const step = Math.max(1, Math.ceil(count / SAMPLES));
  for (let i = 0; i < count; i += step) yield i;
}

const offsets = ({ happenings }: Transcript): [index: number, offset: number][] =>
  happenings.flatMap(({ bytes }, index) =>
    Array.from({ length: Math.max(0, bytes.length - 1) }, (_, i): [number, number] => [index, i + 1]),
  );

const part = (happening: Happening, at: number, end: number): Happening => {
  const bytes = happening.bytes.subarray(at, end);
  return { ...happening, bytes, lengthBytes: bytes.length };
};

/** One segment comes in two. */
export function* splits(transcript: Transcript): Generator<Transcript> {
  const { talks, happenings } = transcript;
  const places = offsets(transcript).filter(([index]) => talks[happenings[index]?.slot ?? 0]?.transport === 'tcp');
  for (const place of sampled(places.length)) {
    const [index, offset] = places[place] ?? [0, 1];
    const whole = happenings[index];
    if (whole === undefined) continue;
    const parts = [part(whole, 0, offset), part(whole, offset, whole.bytes.length)];
    yield { talks, happenings: [...happenings.slice(0, index), ...parts, ...happenings.slice(index + 1)] };
  }
}

/** Every segment comes byte by byte. */
export function crumbled({ talks, happenings }: Transcript): Transcript {
  const isStream = ({ slot }: Happening) => talks[slot]?.transport === 'tcp';
  const crumbs = (one: Happening) => Array.from({ length: one.bytes.length }, (_, i) => part(one, i, i + 1));
  return { talks, happenings: happenings.flatMap(one => (isStream(one) ? crumbs(one) : [one])) };
}

/** Everything ends in the middle. */
export function* truncations(transcript: Transcript): Generator<Transcript> {
  const places = offsets(transcript);
  for (const place of sampled(places.length)) {
    const [index, offset] = places[place] ?? [0, 1];
    const last = transcript.happenings[index];
    if (last === undefined) continue;
    yield { ...transcript, happenings: [...transcript.happenings.slice(0, index), part(last, 0, offset)] };
  }
}

export interface Damage {
  readonly transcript: Transcript;
  /** What was hit. */
  readonly slot: number;
  readonly tsUs: number;
}

/** One segment after the other is lost. */
export function* gaps({ talks, happenings }: Transcript): Generator<Damage> {
  for (const index of sampled(happenings.length)) {
    const lost = happenings[index];
    if (lost === undefined) continue;
    const gap: Happening = { ...lost, kind: 'gap', bytes: new Uint8Array(0) };
    const transcript = { talks, happenings: happenings.with(index, gap) };
    yield { transcript, slot: lost.slot, tsUs: lost.tsUs };
  }
}

/** Only one direction passed by. */
export const oneSide = ({ talks, happenings }: Transcript, direction: Direction): Transcript => ({
  talks: talks.map(talk => ({ ...talk, midStream: true })),
  happenings: happenings.filter(happening => happening.direction === direction),
});

/** The capture began later: with each segment in turn. */
export function* lateStarts({ talks, happenings }: Transcript): Generator<Transcript> {
  for (const index of sampled(happenings.length)) {
    const missed = new Set(happenings.slice(0, index).map(({ slot }) => slot));
    const late = talks.map((talk, slot) => ({ ...talk, midStream: talk.midStream || missed.has(slot) }));
    yield { talks: late, happenings: happenings.slice(index) };
  }
}

/** The flow table took the server for the client. */
export const turnedRound = ({ talks, happenings }: Transcript): Transcript => ({
  talks: talks.map(talk => ({ ...turned(talk), midStream: true })),
  happenings: happenings.map(happening => ({ ...happening, direction: opposite(happening.direction) })),
});

/** Some bytes are others.
 *  @param random gives 0..n-1 */
export function mutated({ talks, happenings }: Transcript, random: (n: number) => number): Transcript {
  const changed = happenings.map(happening => {
    const bytes = Uint8Array.from(happening.bytes);
    for (let count = random(4); count > 0; count--) bytes[random(bytes.length)] = random(256);
    return { ...happening, bytes };
  });
  return { talks, happenings: changed };
}

/** The first bytes are right, and then noise. */
export function noisy({ talks, happenings }: Transcript, random: (n: number) => number): Transcript {
  const changed = happenings.map(happening => {
    const bytes = Uint8Array.from(happening.bytes, () => random(256));
    bytes.set(happening.bytes.subarray(0, random(happening.bytes.length + 1)));
    return { ...happening, bytes };
  });
  return { talks, happenings: changed };
}
