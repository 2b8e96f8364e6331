import { mapChars, mapRuns, trimChars, type AlignedText } from './aligned-text.js';
import type { Declaration } from './declaration.js';

/** Rewrites a text before it is split, keeping track of where everything came from. */
export type Normalizer = (text: AlignedText) => AlignedText;

/** What may combine with the character before it: marks, and the vowels and finals of Hangul syllables. */
const COMBINING = /^[\p{M}\u1160-\u11ff]$/u;
const WHITE_SPACE = /^\p{White_Space}$/u;
/** CJK ideographs, by the blocks that BERT's tokenizer names. */
const CHINESE =
  /^[\u4e00-\u9fff\u3400-\u4dbf\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b920}-\u{2ceaf}\uf900-\ufaff\u{2f800}-\u{2fa1f}]$/u;

const readers: Record<string, (stated: Declaration) => Normalizer> = {
  BertNormalizer: bert,
  Lowercase: () => lowercase,
  NFC: () => unicodeForm('NFC'),
  NFD: () => unicodeForm('NFD'),
  NFKC: () => unicodeForm('NFKC'),
  NFKD: () => unicodeForm('NFKD'),
  StripAccents: () => (text) => mapChars(text, (char) => (/^\p{M}$/u.test(char) ? '' : char)),
  Strip: (stated) => {
    const [left, right] = [stated.flag('strip_left', true), stated.flag('strip_right', true)];
    return (text) => trimChars(text, left, right);
  },
  Sequence: (stated) => {
    const steps = stated.objects('normalizers').map(readNormalizer);
    return (text) => steps.reduce((current, step) => step(current), text);
  },
};

/** @throws SmugError for a normaliser that is not supported */
export function readNormalizer(stated: Declaration): Normalizer {
  const { type } = stated;
  if (!Object.hasOwn(readers, type)) throw stated.unsupported(`normalizer ${type}`, Object.keys(readers));
  return readers[type](stated);
}

/** BERT's own: control characters go, ideographs stand alone, accents go, case goes; each step may be switched off. */
function bert(stated: Declaration): Normalizer {
  const lower = stated.flag('lowercase', true);
  const steps: Normalizer[] = [];
  if (stated.flag('clean_text', true)) steps.push((text) => mapChars(text, cleaned));
  if (stated.flag('handle_chinese_chars', true))
    steps.push((text) => mapChars(text, (char) => (CHINESE.test(char) ? ` ${char} ` : char)));
  if (stated.flag('strip_accents', lower)) {
    const decompose = unicodeForm('NFD');
    steps.push((text) => mapChars(decompose(text), (char) => (/^\p{Mn}$/u.test(char) ? '' : char)));
  }
  if (lower) steps.push(lowercase);
  return (text) => steps.reduce((current, step) => step(current), text);
}

function cleaned(char: string): string {
  if (char === '\t' || char === '\n' || char === '\r') return ' ';
  if (char === '\0' || char === '\ufffd' || /^\p{C}$/u.test(char)) return '';
  return WHITE_SPACE.test(char) ? ' ' : char;
}

/** Character by character: a sigma at the end of a word stays an ordinary one, as in the tokenizers library. */
const lowercase: Normalizer = (text) => mapChars(text, (char) => char.toLowerCase());

function unicodeForm(form: 'NFC' | 'NFD' | 'NFKC' | 'NFKD'): Normalizer {
  return (text) => mapRuns(text, COMBINING, (run) => run.normalize(form));
}
