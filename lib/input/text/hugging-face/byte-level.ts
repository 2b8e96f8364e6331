/**
 * How GPT-2's tokenizer cuts a text: what an English apostrophe cuts off; runs of letters, of digits and of all else, each
 * with the space before it; white space, whose last character goes with what follows. Nothing is left out.
 */
export const BYTE_LEVEL_WORDS =
  /'(?:[stmd]|re|ve|ll)| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

/** Per byte the character that stands for it in a vocabulary: itself where Latin-1 shows it, else one from U+0100 on. */
const SHOWN = byteCharacters();
const encoder = new TextEncoder();

function byteCharacters(): string[] {
  let next = 0x100;
  const isShown = (byte: number) =>
    (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte <= 0xff && byte !== 0xad);
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isShown(byte) ? byte : next++));
}

/** A word as byte-level vocabularies spell it: its UTF-8 bytes, one character each. */
export function byteSpelling(word: string): string {
  let spelling = '';
  for (const byte of encoder.encode(word)) spelling += SHOWN[byte];
  return spelling;
}
