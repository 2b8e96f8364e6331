import type { EvaluationTable, TableRow, TextTable } from '../../api/evaluation.js';
import type { Sweep } from '../../api/sweep.js';
import { shortHeading } from '../method-headings.js';
import { percent } from '../plain-words.js';
import { html, type Markup } from './markup.js';

const number = (value: number | null | undefined, digits: number) =>
  value == null ? '' : value.toFixed(digits).replace('-', '−');
const share = (value: number | null) => (value === null ? '' : percent(value));
const seconds = (value: number | null) => (value === null ? '' : `${value.toFixed(2)} s`);

/** A table with a name, that may be wider than the screen. */
function scrolling(label: string, head: readonly string[], rows: readonly Markup[]): Markup {
  const [first, ...others] = head;
  return html`<div class="scroll" role="region" aria-label="${label}" tabindex="0">
    <table>
      <thead>
        <tr>
          <th class="left" scope="col">${first}</th>
          ${others.map((name) => html`<th scope="col">${name}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;
}

/** The paper's table; of each column that competes the best value stands out. */
export function methodTable(table: EvaluationTable): Markup {
  const metrics = Object.keys(table.rows[0]?.metrics ?? {}) as (keyof TableRow['metrics'])[];
  const competing = table.rows.filter(({ win }) => win !== null);
  const least = Math.min(...competing.map(({ lsc }) => lsc.mean ?? Infinity));
  const most = Math.max(...competing.map(({ win }) => win!.rate));
  const best = (is: boolean, text: string) => (is ? html`<span class="best">${text}</span>` : text);
  const rows = table.rows.map(
    ({ method, lsc, win, sparsity, proven, seconds: time, metrics: further }) =>
      html`<tr>
        <th class="left" scope="row">${shortHeading(method)}</th>
        <td>
          ${best(win !== null && lsc.mean === least, number(lsc.mean, 2))}
          <span class="aside">± ${number(lsc.deviation, 2)}</span>
        </td>
        <td>${[lsc.lower, lsc.median, lsc.upper].map((value) => number(value, 2)).join(' · ')}</td>
        <td>
          ${win && [best(win.rate === most, percent(win.rate)), html` <span class="aside">± ${percent(win.error)}</span>`]}
        </td>
        <td>${share(sparsity)}</td>
        <td>${share(proven)}</td>
        <td>${seconds(time)}</td>
        ${metrics.map((name) => html`<td>${number(further[name], 3)}</td>`)}
      </tr>`,
  );
  const head = ['Method', 'LSC', 'Quartiles', 'Wins', 'Kept', 'Proven', 'Time', ...metrics];
  return html`${scrolling('Methods', head, rows)}
    <p class="quiet">
      ${table.correct} of ${table.images} images are read as their label; the table is over these. LSC is the
      saliency metric: lower is better. OptBox is made from it, and does not compete for wins.
    </p>`;
}

export function textMethodTable({ texts, correct, marked, rows }: TextTable): Markup {
  const head = ['Method', 'Kept', 'Sufficiency', 'Comprehensiveness', 'AUC', 'F1', 'MAE', 'Time'];
  const lines = rows.map(
    ({ method, sparsity, sufficiency, comprehensiveness, auc, f1, mae, seconds: time }) =>
      html`<tr>
        <th class="left" scope="row">${shortHeading(method)}</th>
        <td>${share(sparsity)}</td>
        ${[sufficiency, comprehensiveness, auc, f1, mae].map((value) => html`<td>${number(value, 3)}</td>`)}
        <td>${seconds(time)}</td>
      </tr>`,
  );
  return html`${scrolling('Methods on texts', head, lines)}
    <p class="quiet">The table is over ${correct} of ${texts} texts, of which people marked ${marked}.</p>`;
}

/** The means of a sweep per setting. */
export function sweepTable({ rows, results, images, attributionSeconds }: Sweep): Markup {
  const head = ['Top-k', 'Gamma', 'Window', 'Size', 'Bound', 'Kept', 'LSC', 'Class kept', 'Proven', 'Time'];
  const lines = rows.map(
    (row) =>
      html`<tr>
        <th class="left" scope="row">${row.topK}</th>
        <td>${row.gamma}</td>
        <td>${row.window}</td>
        <td>${number(row.size, 1)}</td>
        <td>${number(row.lowerBound, 1)}</td>
        <td>${share(row.sparsity)}</td>
        <td>${number(row.lsc, 2)}</td>
        <td>${share(row.classKept)}</td>
        <td>${share(row.proven)}</td>
        <td>${seconds(row.seconds)}</td>
      </tr>`,
  );
  const shared =
    attributionSeconds === null
      ? ''
      : ` The attribution takes ${attributionSeconds.toFixed(2)} s per image, once for all settings.`;
  return html`${scrolling('Means per setting', head, lines)}
    <p class="quiet">Means over ${results.length} of ${images} images.${shared}</p>`;
}
