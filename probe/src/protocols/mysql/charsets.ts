// cold. The character sets that clients send text in, where it is not UTF-8. They matter for more than the letters: in some,
// a character ends with the byte of a backslash, and what stands in a string cannot be told without them.
// Source: MySQL and MariaDB, "Supported Character Sets and Collations"; the names of the Encoding Standard.

/** Undefined: UTF-8, perhaps around bytes that are none. latin1 is read so, too: old clients announce it whatever they send. */
export type Charset = InstanceType<typeof TextDecoder> | undefined;

/** Name of each in SQL, as TextDecoder calls it, and its collations' ids. */
const CHARSETS: readonly (readonly [name: string, label: string, ...ids: number[]])[] = [
  ['big5', 'big5', 1, 84],
  ['latin2', 'iso-8859-2', 2, 9, 21, 27, 77],
  ['koi8r', 'koi8-r', 7, 74],
  ['ujis', 'euc-jp', 12, 91],
  ['sjis', 'shift_jis', 13, 88],
  ['cp1251', 'windows-1251', 14, 23, 50, 51, 52],
  ['hebrew', 'iso-8859-8', 16, 71],
  ['tis620', 'windows-874', 18, 89],
  ['euckr', 'euc-kr', 19, 85],
  ['koi8u', 'koi8-u', 22, 75],
  ['gb2312', 'gbk', 24, 86],
  ['greek', 'iso-8859-7', 25, 70],
  ['cp1250', 'windows-1250', 26, 34, 44, 66, 99],
  ['gbk', 'gbk', 28, 87],
  ['latin5', 'iso-8859-9', 30, 78],
  ['cp866', 'ibm866', 36, 68],
  ['macroman', 'macintosh', 39, 53],
  ['latin7', 'iso-8859-13', 20, 41, 42, 79],
  ['cp1256', 'windows-1256', 57, 67],
  ['cp1257', 'windows-1257', 29, 58, 59],
  ['cp932', 'shift_jis', 95, 96],
  ['eucjpms', 'euc-jp', 97, 98],
  ['gb18030', 'gb18030', 248, 249, 250],
];

/** MariaDB's collations without padding have the others' ids, so much higher. */
const NOPAD = 1024;

const BY_NAME = new Map(CHARSETS.map(([name, label]) => [name, new TextDecoder(label)]));
const BY_ID = new Map(CHARSETS.flatMap(([name, , ...ids]) => ids.map(id => [id, name] as const)));

/** @param collation as a login or COM_CHANGE_USER says it */
export const charsetOf = (collation: number): Charset =>
  BY_NAME.get(BY_ID.get(collation) ?? BY_ID.get(collation - NOPAD) ?? '');

const SETS =
  /^\s*set\s+(?:names|char(?:acter\s+)?set|(?:session\s+|@@(?:session\.)?)?character_set_client\s*:?=)\s*['"]?(\w+)/i;

/** @returns what the client sends from now on, when the server has done what `sql` says; `before` when that is no change */
export function charsetAfter(sql: string | undefined, before: Charset): Charset {
  const [, name] = SETS.exec(sql ?? '') ?? [];
  return name === undefined ? before : BY_NAME.get(name.toLowerCase());
}
