/// <reference lib="dom" />
// The page at / in a browser: what a visitor sees and does, with mouse, keyboard and a screen reader.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { ExecutionContext } from 'ava';
import type Axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import type { RunningService } from '../../dist/server/serve.js';
import { digit, digitsService } from '../server/digits-service.js';
import { chromium, startBrowser } from '../support/browser.js';
import { testWith } from '../support/needs.js';
import test from 'ava';

const inBrowser = testWith(chromium);
const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

let browser: Browser | undefined;
test.before(async () => {
  if (chromium.missing === null) browser = await startBrowser();
});
test.after.always(() => browser?.close());

interface Visit {
  page: Page;
  service: RunningService;
  /** Requests to elsewhere, errors in the console, exceptions. */
  faults: string[];
}

async function visit(t: ExecutionContext, options: { service?: object; page?: object } = {}): Promise<Visit> {
  t.timeout(120_000);
  const service = await digitsService(t, options.service);
  const page = await browser!.newPage(options.page);
  // Without the addon a proof takes ten times as long.
  page.setDefaultTimeout(90_000);
  t.teardown(() => page.close());
  const faults: string[] = [];
  page.on('request', (request) => {
    if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(service.url))
      faults.push(`asks ${request.url()}`);
  });
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(error.message));
  await page.goto(`${service.url}/`);
  return { page, service, faults };
}

const proven = (page: Page) => page.getByText('proven smallest').waitFor();
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

/** Drops a file on the page. */
async function drop(page: Page, name: string, type: string, bytes: Uint8Array): Promise<void> {
  await page.evaluate(
    ([fileName, fileType, base64]) => {
      const data = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([data], fileName, { type: fileType }));
      for (const event of ['dragover', 'drop'])
        document.body.dispatchEvent(new DragEvent(event, { dataTransfer, bubbles: true, cancelable: true }));
    },
    [name, type, Buffer.from(bytes).toString('base64')] as const,
  );
}

inBrowser('a visitor sees a mask and its proof at once; nothing is asked of elsewhere', async (t) => {
  const { page, faults } = await visit(t);
  await proven(page);
  t.regex(
    await page.locator('.answer').innerText(),
    /^3 at 8\d %: \d+ of 784 cells .* no smaller mask does/s,
  );
  const [size, bound, cells] = await page.locator('.numbers dd').allInnerTexts();
  t.is(size, bound);
  t.is(cells, '784');
  t.deepEqual(faults, []);
});

for (const [name, page] of Object.entries({
  'light, wide': { colorScheme: 'light', viewport: { width: 1280, height: 900 } },
  'dark, on a phone': { colorScheme: 'dark', viewport: { width: 390, height: 844 } },
}))
  inBrowser(`axe finds nothing wrong: ${name}`, async (t) => {
    const { page: shown } = await visit(t, { page });
    await proven(shown);
    for (const model of ['digits', 'reviews']) {
      await shown.getByLabel('Model').selectOption(model);
      await proven(shown);
      await shown.getByText('Details', { exact: true }).click();
      // Through the debugger, which the page's policy does not bind.
      await shown.evaluate(await readFile(axe, 'utf8'));
      const violations = await shown.evaluate(async () => {
        const found = await (globalThis as unknown as { axe: typeof Axe }).axe.run();
        return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
      });
      t.deepEqual(violations, [], model);
      const wider = await shown.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      t.true(wider <= 0, `${wider} pixels wider than the window`);
    }
  });

inBrowser('an image that is dropped is explained; arrow keys and the pointer tell of cells', async (t) => {
  const { page, faults } = await visit(t);
  await proven(page);
  await drop(page, 'seven.png', 'image/png', await digit(7));
  await page.locator('.answer', { hasText: /^7 at/ }).waitFor();
  await page.getByLabel('Tell which cells').check();
  await page.locator('.details', { hasText: 'in every smallest mask' }).waitFor({ state: 'attached' });
  await page.getByRole('application').focus();
  await page.keyboard.press('ArrowRight');
  t.regex(
    await page.locator('#cell').innerText(),
    /^row \d+, column \d+ · kept · score .* · in (every|some) smallest mask/,
  );
  await page.keyboard.press('Escape');
  await page
    .locator('canvas')
    .first()
    .hover({ position: { x: 3, y: 3 } });
  t.regex(await page.locator('#cell').innerText(), /^row 1, column 1 · not needed · score 0/);
  for (const view of ['Scores', 'Kept alone', 'Image', 'What is enough']) {
    await button(page, view).click();
    t.is(await button(page, view).getAttribute('aria-pressed'), 'true');
  }
  t.deepEqual(faults, []);
});

inBrowser('a slider asks again; another class is explained', async (t) => {
  const { page } = await visit(t);
  await proven(page);
  const size = async () => Number(await page.locator('.numbers dd').first().innerText());
  const before = await size();
  await page.getByLabel('γ: share of each node to keep').fill('0.2');
  await page.waitForFunction((old) => {
    const shown = Number(document.querySelector('.numbers dd')?.textContent);
    return shown > 0 && shown < old && document.querySelector('.badge') !== null;
  }, before);
  await page.getByLabel('Class').selectOption('5');
  await page.locator('.answer', { hasText: /^5 at/ }).waitFor();
  t.regex(
    await page.locator('.kept, .changed').innerText(),
    /^The network reads 3 in the whole input, and does not /,
  );
  t.true((await size()) > 0);
});

inBrowser('what is no image is said; what waits can be cancelled, and leaves the queue', async (t) => {
  const { page, service } = await visit(t, { service: { concurrency: 1 } });
  await proven(page);
  await drop(page, 'no.png', 'image/png', Buffer.from('this is no image'));
  t.regex(await page.getByRole('alert').innerText(), /image/i);
  let free = () => {};
  const { heavy } = service.service;
  const taken = heavy.run(
    new AbortController().signal,
    () => new Promise<void>((resolve) => (free = resolve)),
  );
  await button(page, 'digit 8').click();
  await page.waitForFunction(() => document.querySelector('.standing')?.textContent?.startsWith('Waiting'));
  await button(page, 'Cancel').click();
  await page.getByText('Cancelled.').waitFor();
  for (let tries = 0; heavy.waiting > 0 && tries < 50; tries++) await page.waitForTimeout(50);
  t.is(heavy.waiting, 0);
  free();
  await taken;
  await button(page, 'Explain').click();
  await proven(page);
  t.regex(await page.locator('.answer').innerText(), /^8 at/);
});

inBrowser(
  'JSON, picture and certificate are downloaded; the certificate verifies, a forged one does not',
  async (t) => {
    const { page } = await visit(t);
    await proven(page);
    const saved = async (name: string) => {
      const [download] = await Promise.all([page.waitForEvent('download'), button(page, name).click()]);
      return readFile(await download.path());
    };
    t.is(JSON.parse((await saved('JSON')).toString()).target.label, '3');
    t.is((await saved('PNG')).toString('latin1', 1, 4), 'PNG');
    const certificate = await saved('Certificate');
    await drop(page, 'certificate.json', 'application/json', certificate);
    await page.locator('.verdict', { hasText: /^Verified/ }).waitFor();
    const document = JSON.parse(certificate.toString());
    const forged = Buffer.from(JSON.stringify({ ...document, size: document.size - 1 }));
    await drop(page, 'forged.json', 'application/json', forged);
    await page.locator('.verdict.refused', { hasText: 'Refused' }).waitFor();
  },
);

inBrowser('a sentence is typed and its words are marked', async (t) => {
  const { page } = await visit(t);
  await page.getByLabel('Model').selectOption('reviews');
  await page.getByLabel('A sentence').fill('What a dull and lifeless film.');
  await button(page, 'Read this').click();
  await page.locator('.answer', { hasText: /^negative/ }).waitFor();
  t.true((await page.locator('.text mark').allInnerTexts()).includes('dull'));
});

inBrowser('a service with a token asks the visitor for it', async (t) => {
  const { page } = await visit(t, { service: { token: 'a long secret' } });
  await page.getByLabel('This service asks for a token').fill('a long secret');
  await button(page, 'Enter').click();
  await proven(page);
  t.is(await page.getByLabel('This service asks for a token').count(), 0);
});
