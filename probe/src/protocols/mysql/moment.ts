/** When the bytes that are being read arrived: the last, and the first of them. */
export interface Moment {
  tsUs: number;
  beginUs: number;
}
