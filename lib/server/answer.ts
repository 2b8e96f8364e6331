/** An answer as it is sent. */
export interface Answer {
  type: string;
  body: Buffer;
}
