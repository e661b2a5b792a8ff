import { styleText } from 'node:util';
import { concealKeys } from './conceal.ts';
import { Repeats } from './repeats.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type LogFields = { readonly [name: string]: string | number | boolean };

export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** Writes how often what was held back came again. Call it before the process ends. */
  flush(): void;
}

export interface LogOptions {
  readonly write: (line: string) => void;
  readonly format: 'text' | 'json';
  readonly colour: boolean;
  /** Under systemd each line begins with `<N>`, from which the journal takes the level. */
  readonly syslogPrefix: boolean;
  readonly level: LogLevel;
}

/** Severity as syslog numbers it. Source: RFC 5424 section 6.2.1. */
const SEVERITY = { error: 3, warn: 4, info: 6, debug: 7 } as const;
const STYLE = { error: 'red', warn: 'yellow', info: 'cyan', debug: 'gray' } as const;

/** @param env NO_COLOR, NANO_LOG_FORMAT (text, json), NANO_LOG_LEVEL, JOURNAL_STREAM
 *  @returns how to log on stderr: text for a person at a terminal, else JSON lines */
export function defaultLogOptions(env: NodeJS.ProcessEnv = process.env): LogOptions {
  const terminal = process.stderr.isTTY === true;
  const text = env.NANO_LOG_FORMAT === undefined ? terminal : env.NANO_LOG_FORMAT === 'text';
  return {
    write: line => process.stderr.write(line),
    format: text ? 'text' : 'json',
    colour: terminal && wantsColour(env),
    syslogPrefix: !terminal && env.JOURNAL_STREAM !== undefined,
    level: isLevel(env.NANO_LOG_LEVEL) ? env.NANO_LOG_LEVEL : 'info',
  };
}

/** @returns false where the user asked for none. Source: https://no-color.org */
export const wantsColour = (env: NodeJS.ProcessEnv = process.env): boolean => !env.NO_COLOR && env.TERM !== 'dumb';

/** A log whose repeated warnings and errors are counted instead of written. */
export function createLog(options: LogOptions = defaultLogOptions()): Log {
  const repeats = new Repeats((key, count) => {
    const [level, message] = splitKey(key);
    write(level, `${message} (came ${count} more times)`, {});
  });
  function write(level: LogLevel, message: string, fields: LogFields): void {
    const line =
      options.format === 'json' ? jsonLine(level, message, fields) : textLine(options, level, message, fields);
    options.write(`${options.syslogPrefix ? `<${SEVERITY[level]}>` : ''}${concealKeys(line)}\n`);
  }
  const at = (level: LogLevel) => {
    return (message: string, fields: LogFields = {}): void => {
      if (SEVERITY[level] > SEVERITY[options.level]) return;
      if (!isTrouble(level) || repeats.admit(`${level} ${message}`)) write(level, message, fields);
    };
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), flush: () => repeats.flush() };
}

function splitKey(key: string): [LogLevel, string] {
  const at = key.indexOf(' ');
  return [key.slice(0, at) as LogLevel, key.slice(at + 1)];
}

function jsonLine(level: LogLevel, message: string, fields: LogFields): string {
  return JSON.stringify({ time: new Date().toISOString(), level, message, ...fields });
}

function textLine({ colour }: LogOptions, level: LogLevel, message: string, fields: LogFields): string {
  const time = new Date().toISOString().slice(11, 23);
  const tag = level.padEnd(5);
  const painted = colour ? styleText(STYLE[level], tag, { validateStream: false }) : tag;
  const pairs = Object.entries(fields).map(([name, value]) => ` ${name}=${value}`);
  return `${time} ${painted} ${printable(message)}${pairs.map(printable).join('')}`;
}

/** @returns `text` on one line: control characters out of a name, a file or a packet must not move the operator's
 *  cursor */
export const printable = (text: string): string => text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ');

const isTrouble = (level: LogLevel): boolean => level === 'warn' || level === 'error';

const isLevel = (text: string | undefined): text is LogLevel => text !== undefined && Object.hasOwn(SEVERITY, text);
