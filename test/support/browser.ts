/** Starts headless Chromium, and defines the checks that every page must pass. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import axe from 'axe-core';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const EXECUTABLE = process.env['CHROMIUM'] || '/usr/bin/chromium';
const SCREENSHOTS = join(import.meta.dirname, '..', 'screenshots');
const TAKES_SCREENSHOTS = process.env['SCREENSHOTS'] === 'true';

/** How long to wait for a page, in ms: long enough for a busy machine. */
export const PAGE_TIMEOUT_MS = 120_000;

/**
 * The reason why tests in a browser are skipped: no browser can be started. False if a browser can be
 * started.
 */
export const browserSkipReason: string | false = existsSync(EXECUTABLE)
  ? false
  : 'no Chromium: apt-get install chromium';

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: EXECUTABLE,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-software-rasterizer',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  });
}

export interface WindowVariant {
  readonly width: 1280 | 390;
  readonly colorScheme: 'dark' | 'light';
}

const OTHER_LOOKS: readonly WindowVariant[] = [
  { width: 1280, colorScheme: 'dark' },
  { width: 390, colorScheme: 'light' },
];

/**
 * The window sizes and color schemes in which the pages are tested. If SCREENSHOTS is set, every size is
 * tested in both schemes. Otherwise two combinations are sufficient to test each size and each scheme once,
 * because a color scheme does not change the layout.
 */
export const windowVariants: readonly WindowVariant[] = [
  { width: 1280, colorScheme: 'light' },
  { width: 390, colorScheme: 'dark' },
  ...(TAKES_SCREENSHOTS ? OTHER_LOOKS : []),
];

export interface BrowserWindow {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Asserts that a page is accessible and fits the window. Takes a screenshot if SCREENSHOTS is set. */
  look(page: Page, name: string): Promise<void>;
  /** Returns all errors that the pages of the window have reported so far. */
  faults(): readonly string[];
  /**
   * Returns one line for each response so far with a status of at least 400, for example `POST
   * /api/v1/auth/signup 400`.
   */
  refused(): readonly string[];
}

/**
 * The time zone of every browser window. Its offset is not a whole number of hours, and no server is likely to be in it.
 */
export const BROWSER_TIME_ZONE = 'Asia/Kathmandu';

/** Opens a browser window of the given size and color scheme. */
export async function openWindow(
  browser: Browser,
  { width, colorScheme }: WindowVariant,
): Promise<BrowserWindow> {
  const context = await browser.newContext({
    viewport: { width, height: 860 },
    colorScheme,
    timezoneId: BROWSER_TIME_ZONE,
  });
  context.setDefaultTimeout(PAGE_TIMEOUT_MS);
  const faults: string[] = [];
  const refused: string[] = [];
  context.on('console', (message) => {
    // Skip the browser's own messages about failed loads: the response handler below records responses with an
    // error status.
    if (message.type() !== 'error' || message.text().startsWith('Failed to load resource')) return;
    faults.push(`console: ${message.text()}`);
  });
  context.on('response', (response) => {
    if (response.status() < 400) return;
    const { pathname } = new URL(response.url());
    const path = pathname.replace(/[\w-]{64}/, ':token');
    refused.push(`${response.request().method()} ${path} ${response.status()}`);
  });
  context.on('weberror', (error) => faults.push(`script: ${error.error().message}`));
  context.on('requestfailed', (request) => {
    const why = request.failure()?.errorText;
    // Ignore canceled requests: the browser cancels requests that are in progress when it leaves a page.
    if (why !== 'net::ERR_ABORTED') faults.push(`request: ${request.url()} ${why}`);
  });
  if (TAKES_SCREENSHOTS) await mkdir(SCREENSHOTS, { recursive: true });
  return {
    context,
    page: await context.newPage(),
    faults: () => faults,
    refused: () => refused,
    look: async (page, name) => {
      const path = join(SCREENSHOTS, `${name}-${width}-${colorScheme}.png`);
      if (TAKES_SCREENSHOTS) await page.screenshot({ path, fullPage: true });
      await demandNoSidewaysScroll(page, name);
      await demandNames(page, name);
      await demandAccessible(page, name);
      await demandKeyboard(page, name);
    },
  };
}

async function demandNoSidewaysScroll(page: Page, name: string): Promise<void> {
  const beyond = await page.evaluate<number>(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  );
  assert.ok(beyond <= 0, `${name} scrolls sideways by ${beyond} px`);
}

/**
 * A JavaScript expression that returns all controls of a page that the Tab key should reach. Of a list of
 * tabs, these include only the selected tab.
 */
const OPERABLE = `[...document.querySelectorAll('a[href], button, input, select, textarea, summary')]
  .filter((element) => element.checkVisibility({ visibilityProperty: true }) && !element.disabled
    && element.type !== 'hidden' && element.getAttribute('aria-selected') !== 'false' && (!document.querySelector('dialog[open]') || element.closest('dialog[open]')))`;

async function demandNames(page: Page, name: string): Promise<void> {
  const nameless = await page.evaluate<string[]>(`${OPERABLE}
    .filter((element) => !(element.textContent.trim() || element.getAttribute('aria-label')
      || element.labels?.length || element.querySelector('img[alt]:not([alt=""])')))
    .map((element) => element.outerHTML)`);
  assert.deepEqual(nameless, [], `${name}: everything that can be operated has a name`);
  const images = await page.evaluate<number>("document.querySelectorAll('img:not([alt])').length");
  assert.equal(images, 0, `${name}: every image has a text`);
  assert.notEqual(await page.title(), '', `${name} has a title`);
  assert.equal(
    await page.evaluate('document.documentElement.lang !== ""'),
    true,
    `${name} names its language`,
  );
}

/**
 * Asserts that axe finds no violation of its rules: names, contrast, landmarks, the order of headings.
 * https://dequeuniversity.com/rules/axe/
 */
async function demandAccessible(page: Page, name: string): Promise<void> {
  await page.evaluate(axe.source);
  const faults = await page.evaluate<string[]>(`axe.run({ resultTypes: ['violations'] })
    .then(({ violations }) => violations.map(({ id, help, nodes }) => id + ': ' + help + ': ' + nodes[0].html.slice(0, 120)))`);
  assert.deepEqual(faults, [], `${name}: axe finds no fault`);
}

/** Asserts that the Tab key reaches every control of the page. */
async function demandKeyboard(page: Page, name: string): Promise<void> {
  const count = await page.evaluate<number>(`(() => {
    for (const old of document.querySelectorAll('[data-operable]')) delete old.dataset.operable;
    for (const old of document.querySelectorAll('[data-reached]')) delete old.dataset.reached;
    window.marksReached ??= document.addEventListener('focusin', ({ target }) => {
      target.dataset.reached = '';
    }) ?? true;
    const found = ${OPERABLE};
    for (const element of found) element.dataset.operable = '';
    // Tab starts at the top of the page, wherever the last click was.
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute('tabindex');
    return found.length;
  })()`);
  function listMissed() {
    return page.evaluate<string[]>(
      "[...document.querySelectorAll('[data-operable]:not([data-reached])')].map((element) => element.outerHTML.slice(0, 120))",
    );
  }
  for (let press = 0; press < count; press += 1) await page.keyboard.press('Tab');
  let missed = await listMissed();
  // Press Tab more often than the page has controls, because a frame on the page has tab stops of its own.
  for (let press = 0; press < 20 && missed.length > 0; press += 1) {
    await page.keyboard.press('Tab');
    missed = await listMissed();
  }
  assert.deepEqual(missed, [], `${name}: the tab key reaches everything that can be operated`);
}
