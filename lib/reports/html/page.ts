import { createHash } from 'node:crypto';
import type { ReportRow } from '../../api/report.js';
import { percent } from '../plain-words.js';
import type { Chart } from './draw-charts.js';
import { html, Markup, scriptJson } from './markup.js';
import { REPORT_STYLE } from './style.js';

/** A part of the page below the numbers. */
export interface ReportSection {
  heading: string;
  charts: readonly (Chart & { svg: string })[];
  table: Markup;
}

export interface ReportPage {
  title: string;
  /** Under the title: where it comes from. */
  subtitle: string;
  rows: readonly ReportRow[];
  /** Charts over the images. */
  charts: readonly (Chart & { svg: string })[];
  sections: readonly ReportSection[];
  /** What is missing and why. */
  notes: readonly string[];
  /** The program of the page: it draws the rows. */
  script: string;
}

/** Columns of the table of images: what a row is sorted by, and on how wide a screen it is seen. */
const columns: readonly (readonly [key: keyof ReportRow, heading: string, class_: string])[] = [
  ['name', 'Image', 'left'],
  ['class', 'Class', 'left middle'],
  ['confidence', 'Probability', 'wide'],
  ['size', 'Size', ''],
  ['share', 'Kept', 'middle'],
  ['proof', 'Proof', 'left'],
  ['classKept', 'Class kept', 'left wide'],
  ['seconds', 'Time', 'wide'],
];

/**
 * A page that needs nothing from elsewhere: pictures, style, charts and the one script stand in it, and its policy lets nothing else in or
 * run. Everything from outside is escaped; rows are drawn from data by a script that sets texts only.
 */
export function reportPage({ title, subtitle, rows, charts, sections, notes, script }: ReportPage): string {
  // An end of the element within the script would end it.
  const program = script.replaceAll('</', '<\\/');
  const policy =
    `default-src 'none'; img-src data:; style-src ${hashOf(REPORT_STYLE)}; script-src ${hashOf(program)}; ` +
    "base-uri 'none'; form-action 'none'";
  const links = [
    ...(rows.length > 0 ? ['Images'] : []),
    ...sections.map(({ heading }) => heading),
    ...(notes.length > 0 ? ['Not shown'] : []),
  ];
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="referrer" content="no-referrer" />
        <title>${title}</title>
        ${element('style', REPORT_STYLE)}
      </head>
      <body>
        <header>
          <h1 dir="auto">${title}</h1>
          <p>${subtitle}</p>
          <nav aria-label="Parts of this page">
            <ul>
              ${links.map((name) => html`<li><a href="#${anchor(name)}">${name}</a></li>`)}
            </ul>
          </nav>
        </header>
        <main>
          ${numbers(rows)} ${sections.map(section)} ${rows.length > 0 && images(charts)}
          ${
            notes.length > 0 &&
            html`<section id="${anchor('Not shown')}">
              <h2>Not shown</h2>
              <ul>
                ${notes.map((note) => html`<li>${note}</li>`)}
              </ul>
            </section>`
          }
        </main>
        <footer>
          <p>
            Made by <b>smug report</b>. The smallest part of an image that keeps what the first layer of a
            network tells the rest about a class (SMUG; Sahoo, Gopalan, Li, Singh, Riley 2021). A proof is
            about the first layer; <i>class kept</i> says whether the whole network agrees.
          </p>
        </footer>
        ${element('script', scriptJson(rows), ' type="application/json" id="data"')}
        ${element('script', program)}
      </body>
    </html> `;
  return page.html;
}

/** An element whose content stands as it is, to the byte: the policy names its hash. */
function element(name: 'style' | 'script', content: string, attributes = ''): Markup {
  return new Markup(`<${name}${attributes}>${content}</${name}>`);
}

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

const anchor = (heading: string) => heading.toLowerCase().replace(/\W+/g, '-');

/** The page in a few numbers. */
function numbers(rows: readonly ReportRow[]): Markup | null {
  const explained = rows.filter(({ size }) => size !== null);
  const failed = rows.filter(({ error }) => error !== null).length;
  const asked = explained.filter(({ classKept }) => classKept !== null);
  const shares = explained.flatMap(({ share }) => share ?? []).sort((a, b) => a - b);
  const proven = explained.filter(({ proof }) => proof?.startsWith('proven')).length;
  const kept = asked.filter(({ classKept }) => classKept).length;
  const facts: [string, string | number][] = [
    ['images', rows.length],
    ...(explained.length > 0
      ? ([
          ['proven smallest', percent(proven / explained.length)],
          ['kept, median', percent(shares[Math.floor(shares.length / 2)])],
        ] as [string, string][])
      : []),
    ...(asked.length > 0 ? [['class kept', percent(kept / asked.length)] as [string, string]] : []),
    ...(failed > 0 ? [['failed', failed] as [string, number]] : []),
  ];
  return html`<dl class="numbers">
    ${facts.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}

function section({ heading, charts, table }: ReportSection): Markup {
  return html`<section id="${anchor(heading)}">
    <h2>${heading}</h2>
    ${figures(charts)}${table}
  </section>`;
}

/** Charts: what they show is said in words, and their marks are no elements for a screen reader. */
function figures(charts: readonly (Chart & { svg: string })[]): Markup | null {
  if (charts.length === 0) return null;
  return html`<div class="charts">
    ${charts.map(
      ({ title, description, svg }) =>
        html`<figure>
          <figcaption>${title}</figcaption>
          <div class="chart" tabindex="0" role="img" aria-label="${description}">${new Markup(svg)}</div>
        </figure>`,
    )}
  </div>`;
}

function images(charts: readonly (Chart & { svg: string })[]): Markup {
  return html`<section id="images">
    <h2>Images</h2>
    ${figures(charts)}
    <div class="tools">
      <label
        >Filter
        <input
          id="filter"
          type="search"
          autocomplete="off"
          spellcheck="false"
          placeholder="name, class, proof, error" /></label
      ><span id="count" class="quiet" role="status"></span>
    </div>
    <table>
      <thead>
        <tr>
          <td class="left"></td>
          ${columns.map(
            ([key, heading, class_]) =>
              html`<th scope="col" class="${class_}" data-key="${key}">
                <button type="button">${heading}</button>
              </th>`,
          )}
        </tr>
      </thead>
      <tbody id="rows"></tbody>
    </table>
    <button id="more" type="button" class="more" hidden>Show more</button>
    <noscript><p>The table of images needs JavaScript.</p></noscript>
  </section>`;
}
