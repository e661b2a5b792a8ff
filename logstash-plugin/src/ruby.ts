// cold. Values as Ruby source.

export const quoted = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;

/** @param list without white space or brackets in any */
export const words = (list: readonly string[]): string => `%w[${list.join(' ')}]`;
