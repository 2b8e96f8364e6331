import test from 'ava';
import { textPage } from '../../dist/reports/text-page.js';
import { shownWords } from '../../dist/reports/shown-text.js';

test('a page underlines what people marked and escapes the text', (t) => {
  const text = 'a <b>warm</b> & witty film';
  const word = (shown: string, kept: boolean) => {
    const start = text.indexOf(shown);
    return { start, end: start + shown.length, kept, score: kept ? 1 : 0, unknown: false };
  };
  const words = shownWords([word('warm', true), word('witty', false), word('film', false)]);
  const view = { heading: 'SMUG', facts: [], text, words, cutFrom: null };
  const start = text.indexOf('witty');
  const marked = textPage({ title: 'T', views: [{ ...view, truth: [{ start, end: start + 5 }] }] });
  t.regex(marked, /<u>witty<\/u>/);
  t.notRegex(marked, /<u>film/);
  t.regex(marked, /what people marked/);
  t.regex(marked, /&lt;b&gt;/);
  t.notRegex(marked, /<b>warm/);
  t.regex(marked, /prefers-color-scheme: dark/);
  t.notRegex(textPage({ title: 'T', views: [view] }), /what people marked|<u>/);
});
