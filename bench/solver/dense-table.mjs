// One line per problem of dense rows: when we have proven it, when we answer, and the rivals beside it.
import { median } from '../attribution/report.mjs';

/** @param measured name and results, `smug, libz3` and rivals, of every problem; a run without a proof counts as the limit */
export function denseTable(measured, limit) {
  const contestants = Object.keys(measured[0].results);
  const rivals = contestants.filter((name) => !name.startsWith('smug'));
  const secondsOf = (runs, field) =>
    median(runs.map((run) => (run.proven ? (run[field] ?? run.seconds) : limit)));
  const sums = Object.fromEntries(['first', ...contestants].map((name) => [name, 0]));
  const lines = measured.map(({ name, results }) => {
    const own = results['smug, libz3'];
    const first = secondsOf(own, 'toAgreement');
    const best = Math.min(...rivals.map((rival) => secondsOf(results[rival])));
    sums.first += first;
    for (const one of contestants) sums[one] += secondsOf(results[one]);
    const cell = (one) => {
      const { size, bound, proven } = results[one].at(-1);
      return `${proven ? `=${size}` : `${size ?? '–'}/${bound ?? '–'}`}, ${secondsOf(results[one]).toFixed(2)}`;
    };
    const confirmed = own.every((run) => !run.proven) ? '–' : own.at(-1).confirmed ? 'yes' : 'no';
    const ratio = first >= limit && best >= limit ? '–' : (first / best).toFixed(2);
    return `| ${[name, first.toFixed(2), ...contestants.map(cell), confirmed, ratio].join(' | ')} |`;
  });
  const head = ['problem', 'first proof', ...contestants, 'confirmed', 'first proof ÷ best rival'];
  const total = ['sum', sums.first.toFixed(1), ...contestants.map((one) => sums[one].toFixed(1)), '', ''];
  const ahead = rivals
    .map((rival) => `${(sums[rival] / sums.first).toFixed(2)} times ahead of ${rival}`)
    .join(', ');
  return `| ${head.join(' | ')} |\n|${head.map(() => '---').join('|')}|\n${lines.join('\n')}\n| ${total.join(' | ')} |\n\nIn sum, to the first proof: ${ahead}. *=n* is proven, else best mask and bound; seconds.\n`;
}
