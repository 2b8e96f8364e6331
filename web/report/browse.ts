// The program of the page that `smug report` writes: draws the table of images row by row as they come into sight, filters, sorts, opens.
// It sets texts and never markup: names of files and labels come from anywhere.
import type { ReportRow, ReportRowTable } from '../../lib/api/report.js';

/** Rows that are drawn at once. */
const STEP = 40;

const rows = JSON.parse(document.getElementById('data')!.textContent!) as ReportRow[];
const body = document.getElementById('rows') as HTMLTableSectionElement | null;
if (body !== null) browse(body);

function browse(table: HTMLTableSectionElement): void {
  const filter = document.getElementById('filter') as HTMLInputElement;
  const count = document.getElementById('count')!;
  const more = document.getElementById('more')!;
  const heads = [...document.querySelectorAll<HTMLTableCellElement>('th[data-key]')];
  const texts = rows.map((row) =>
    [row.name, row.class, row.proof, row.error, row.classKept === false ? 'class lost' : '', ...row.notes]
      .join('\n')
      .toLowerCase(),
  );
  let order = rows.map((_, at) => at);
  let shown: number[] = order;
  let drawn = 0;
  const open = new Set<number>();

  const drawMore = () => {
    const part = shown.slice(drawn, drawn + STEP).flatMap((at) => rowsOf(at, open));
    drawn = Math.min(shown.length, drawn + STEP);
    table.append(...part);
    more.hidden = drawn >= shown.length;
  };
  const draw = () => {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    shown =
      words.length === 0 ? order : order.filter((at) => words.every((word) => texts[at].includes(word)));
    table.replaceChildren();
    drawn = 0;
    count.textContent = `${shown.length} of ${rows.length}`;
    drawMore();
  };
  const sortBy = (head: HTMLTableCellElement) => {
    const key = head.dataset.key as keyof ReportRow;
    const down = head.getAttribute('aria-sort') === 'ascending';
    for (const other of heads) other.removeAttribute('aria-sort');
    head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
    order = rows.map((_, at) => at).sort((a, b) => compare(rows[a][key], rows[b][key], down) || a - b);
    draw();
  };
  for (const head of heads) head.firstElementChild!.addEventListener('click', () => sortBy(head));
  filter.addEventListener('input', draw);
  more.addEventListener('click', () => {
    const next = table.children.length;
    drawMore();
    // Whoever goes by keyboard goes on where the new rows begin.
    (table.children[next]?.querySelector('.name') as HTMLElement | null)?.focus();
  });
  new IntersectionObserver(
    (entries) => {
      if (entries.some((entry) => entry.isIntersecting) && !more.hidden) drawMore();
    },
    { rootMargin: '600px' },
  ).observe(more);
  draw();
}

const collator = new Intl.Collator('en', { numeric: true });

/** What is not known comes last, whichever way. */
function compare(a: unknown, b: unknown, down: boolean): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  const sign = down ? -1 : 1;
  return sign * (typeof a === 'string' ? collator.compare(a, b as string) : Number(a) - Number(b));
}

/** The row of an image, and where it is open what belongs to it. */
function rowsOf(at: number, open: Set<number>): HTMLTableRowElement[] {
  const row = rows[at];
  const line = document.createElement('tr');
  const name = element('button', 'name', row.name) as HTMLButtonElement;
  name.type = 'button';
  name.dir = 'auto';
  const head = element('th', 'left');
  head.setAttribute('scope', 'row');
  head.append(name);
  const cell = (text: string, class_: string) => element('td', class_, text);
  const kept = cell(row.classKept === null ? '' : row.classKept ? 'yes' : 'no', 'left wide');
  const proof = cell(row.error === null ? (row.proof ?? '') : 'failed', 'left');
  if (row.error !== null) proof.classList.add('bad');
  else if (row.proof?.startsWith('proven')) proof.classList.add('good');
  line.append(
    thumbnail(row),
    head,
    labelCell(row.class ?? ''),
    cell(row.confidence === null ? '' : percent(row.confidence), 'wide'),
    sizeCell(row),
    cell(row.share === null ? '' : percent(row.share), 'middle'),
    proof,
    kept,
    cell(row.seconds === null ? '' : `${row.seconds.toFixed(2)} s`, 'wide'),
  );
  const detail = () => {
    const below = document.createElement('tr');
    below.className = 'detail';
    const inner = document.createElement('td');
    inner.colSpan = 9;
    const content = element('div', 'inner');
    content.append(...detailsOf(row));
    inner.append(content);
    below.append(inner);
    return below;
  };
  const setOpen = (isOpen: boolean) => {
    name.setAttribute('aria-expanded', String(isOpen));
    line.classList.toggle('open', isOpen);
    if (isOpen) open.add(at);
    else open.delete(at);
  };
  setOpen(open.has(at));
  name.addEventListener('click', () => {
    if (open.has(at)) line.nextElementSibling!.remove();
    else line.after(detail());
    setOpen(!open.has(at));
  });
  return open.has(at) ? [line, detail()] : [line];
}

function thumbnail({ pictures }: ReportRow): HTMLElement {
  const cell = element('td', 'picture left');
  const [first] = pictures;
  if (first === undefined) cell.append(element('span', 'none'));
  else {
    const image = document.createElement('img');
    image.src = first.source;
    // The name stands beside it.
    image.alt = '';
    image.decoding = 'async';
    if (first.coarse) image.className = 'coarse';
    cell.append(image);
  }
  return cell;
}

/** Names of classes may be whole sentences: two lines of them, and all of it on pointing. */
function labelCell(label: string): HTMLElement {
  const cell = element('td', 'left middle');
  const text = element('span', 'label', label);
  text.title = label;
  cell.append(text);
  return cell;
}

function sizeCell({ size, cells, bound, proof }: ReportRow): HTMLElement {
  const cell = element('td', '', size === null ? '' : String(size));
  if (size === null) return cell;
  const least = proof?.startsWith('proven') ? '' : `, at least ${bound}`;
  cell.append(' ', element('span', 'aside', `of ${cells}${least}`));
  return cell;
}

function detailsOf(row: ReportRow): HTMLElement[] {
  const parts: HTMLElement[] = [];
  if (row.error !== null) parts.push(element('p', 'bad', row.error));
  if (row.pictures.length > 0) {
    const pictures = element('div', 'pictures');
    for (const { kind, source, coarse, wide } of row.pictures) {
      const figure = document.createElement('figure');
      const image = document.createElement('img');
      image.src = source;
      image.alt = `${kind} of ${row.name}`;
      if (coarse) image.className = 'coarse';
      if (wide) figure.className = 'wide';
      figure.append(image, element('figcaption', '', kind));
      pictures.append(figure);
    }
    parts.push(pictures);
  }
  if (row.words) {
    const text = element('p', 'words');
    for (const [word, weight] of row.words)
      text.append(element(weight === null ? 'span' : 'mark', '', word), ' ');
    parts.push(text);
  }
  if (row.notes.length > 0) {
    const list = document.createElement('ul');
    list.append(...row.notes.map((note) => element('li', '', note)));
    parts.push(list);
  }
  if (row.facts.length > 0) {
    const list = element('dl', 'facts');
    for (const [name, value] of row.facts) list.append(element('dt', '', name), element('dd', '', value));
    parts.push(list);
  }
  for (const table of row.tables) parts.push(element('h3', '', table.heading), tableOf(table, row.name));
  if (parts.length === 0) parts.push(element('p', 'quiet', 'Nothing more is known of it.'));
  return parts;
}

function tableOf({ heading, columns, rows: lines }: ReportRowTable, name: string): HTMLElement {
  const region = element('div', 'scroll');
  region.tabIndex = 0;
  region.setAttribute('role', 'region');
  region.setAttribute('aria-label', `${heading}: ${name}`);
  const table = document.createElement('table');
  const head = table.createTHead().insertRow();
  columns.forEach((name, at) => {
    const cell = element('th', at === 0 ? 'left' : '', name);
    cell.setAttribute('scope', 'col');
    head.append(cell);
  });
  const body = table.createTBody();
  for (const line of lines) {
    const row = body.insertRow();
    line.forEach((text, at) => row.append(element('td', at === 0 ? 'left' : '', text)));
  }
  region.append(table);
  return region;
}

function element(name: string, class_: string, text?: string): HTMLElement {
  const made = document.createElement(name);
  if (class_ !== '') made.className = class_;
  if (text !== undefined) made.textContent = text;
  return made;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
