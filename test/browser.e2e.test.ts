/**
 * Tests every flow of the demo client page in a real browser, including the mailbox page and the pages that mailed
 * links open.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import {
  BROWSER_TIME_ZONE,
  type BrowserWindow,
  browserSkipReason,
  launchBrowser,
  openWindow,
  type WindowVariant,
  windowVariants,
} from './support/browser.ts';
import { assertStatus, createClient } from './support/client.ts';
import { createMailbox } from './support/mailbox.ts';
import {
  createPersonActions,
  createUniquePerson,
  type Person,
  type PersonActions,
} from './support/people.ts';
import { type Standalone, startStandalone } from './support/standalone.ts';

const NEW_PASSWORD = 'quite another passphrase';

/**
 * The invalid requests that the tests send on purpose: a sign-up with a short password, a reset with two
 * different passwords, and a link that was already used.
 */
const MISTAKES = [
  'POST /api/v1/auth/signup 400',
  'POST /api/v1/auth/password-reset-confirm/:token 400',
  'GET /api/v1/auth/password-reset-confirm/:token 400',
];

if (browserSkipReason) console.log(browserSkipReason);

describe('in a browser', { skip: browserSkipReason }, () => {
  let system: Standalone;
  let browser: Browser;
  let people: PersonActions;

  before(async () => {
    system = await startStandalone();
    people = createPersonActions(createClient(system.url), createMailbox(system.mailbox));
    browser = await launchBrowser();
  });
  after(async () => {
    await browser?.close();
    await system?.stop();
  });

  /** Opens a flow (such as a sign-up) on the client page, fills in its form and clicks the button. */
  async function act(page: Page, id: string, button: string, fields: Readonly<Record<string, string>> = {}) {
    await page.goto(`${system.url}/#${id}`);
    // Wait for the form: if only the part of the URL after # has changed, `goto` resolves before the page has
    // replaced its form.
    await page.locator(`#flows a[href="#${id}"][aria-current=true]`).waitFor();
    for (const [label, text] of Object.entries(fields)) {
      await page.getByLabel(label, { exact: false }).first().fill(text);
    }
    await page.locator('main').getByRole('button', { name: button, exact: true }).click();
  }

  /**
   * Waits until the user service's read model contains the account. Until then, the pages would show a 503.
   */
  async function known(person: Pick<Person, 'email' | 'password'>): Promise<void> {
    const { accessToken } = await people.login(person);
    assertStatus(await people.me(accessToken), 200);
  }

  /**
   * Searches the mailbox page for mails to a person, opens the mail with the given subject, and follows the
   * link in the mail.
   */
  async function follow(
    { page, context, look }: BrowserWindow,
    { email }: Person,
    subject: string,
  ): Promise<Page> {
    await page.goto(`${system.url}/mailbox`);
    await page.getByLabel('Search mails').fill(`to:${email}`);
    const mails = page.locator('#mails a');
    const mail = mails.filter({ hasText: email }).filter({ hasText: subject }).first();
    await mail.waitFor();
    // Wait until the search has filtered the list of mails. While the rows still move, a click could open the
    // wrong mail.
    await mails.filter({ hasNotText: email }).first().waitFor({ state: 'detached' });
    await mail.click();
    const link = page.frameLocator('iframe').getByRole('link').first();
    await link.waitFor();
    await look(page, `mailbox-${subject.split(' ')[0]?.toLowerCase()}`);
    const [opened] = await Promise.all([context.waitForEvent('page'), link.click()]);
    await opened.waitForLoadState();
    return opened;
  }

  async function signUp({ page, look }: BrowserWindow, ada: Person): Promise<void> {
    // Wait until the mailbox page has loaded its first list of mails, because it announces only mails that
    // arrive after that.
    const listed = page.waitForResponse((response) => response.url().includes('/mailbox/api/v1/messages'));
    await page.goto(system.url);
    await listed;
    await page.getByText('Every request and what it causes.').waitFor();
    await look(page, 'client');
    const fields = { Email: ada.email, Username: ada.username };
    await act(page, 'sign-up', 'Sign up', { ...fields, Password: 'short' });
    await page.locator('#field-password-error').waitFor();
    await look(page, 'client-refused');
    await act(page, 'sign-up', 'Sign up', { ...fields, Password: ada.password });
    await page.locator('.mail-kind').waitFor();
    await look(page, 'client-signed-up');
    await page.getByRole('button', { name: 'Read', exact: true }).click();
    await page.locator('dialog[open] iframe').waitFor();
    await look(page, 'client-reader');
  }

  async function verify(visitor: BrowserWindow, ada: Person): Promise<void> {
    const page = await follow(visitor, ada, 'Verify your email');
    await page.getByText(ada.username).waitFor();
    await assertTimeInZoneOfBrowser(page);
    await visitor.look(page, 'verify');
    await page.getByRole('button').first().click();
    await page.locator('h1', { hasText: /verified/i }).waitFor();
    await page.waitForLoadState();
    await visitor.look(page, 'verified');
    await page.goBack();
    await page.close();
  }

  /** Asserts that the time on a page is in the time zone of the browser. The server writes it in UTC. */
  async function assertTimeInZoneOfBrowser(page: Page): Promise<void> {
    const time = page.locator('time');
    const [shown, machine] = await Promise.all([time.textContent(), time.getAttribute('datetime')]);
    const format = new Intl.DateTimeFormat('en', {
      hour: 'numeric',
      minute: '2-digit',
      timeZone: BROWSER_TIME_ZONE,
      timeZoneName: 'short',
    });
    function withPlainSpaces(text: string | null): string {
      return String(text).replaceAll(/\s/g, ' ');
    }
    const expected = withPlainSpaces(format.format(new Date(String(machine))));
    assert.ok(withPlainSpaces(shown).endsWith(` ${expected}`), `${shown} does not end with ${expected}`);
  }

  async function logIn({ page, look }: BrowserWindow, ada: Person, password: string): Promise<void> {
    await act(page, 'sign-in', 'Sign in', { Email: ada.email, Password: password });
    await page.getByText('Signed in.').waitFor();
    await look(page, 'client-logged-in');
    await act(page, 'my-account', 'My account');
    await page.locator('main .result').getByText(ada.email).waitFor();
  }

  async function reset(visitor: BrowserWindow, ada: Person): Promise<void> {
    await act(visitor.page, 'forgot', 'Request a reset', { Email: ada.email });
    await visitor.page.getByText('If the account exists, a mail is on its way.').waitFor();
    const page = await follow(visitor, ada, 'Reset your password');
    const link = page.url();
    await visitor.look(page, 'reset');
    async function type(first: string, second: string): Promise<void> {
      const [once, again] = await page.locator('input[type=password]').all();
      await once?.fill(first);
      await again?.fill(second);
      await page.getByRole('button', { name: 'Set new password' }).click();
    }
    const shown = page.locator('#newPassword');
    await page.getByRole('button', { name: 'Show: New password', exact: true }).click();
    assert.equal(await shown.getAttribute('type'), 'text');
    await page.getByRole('button', { name: 'Hide: New password', exact: true }).click();
    assert.equal(await shown.getAttribute('type'), 'password');
    await type(NEW_PASSWORD, 'something else entirely');
    await page.locator('#confirmNewPassword-fault').waitFor();
    await page.waitForLoadState();
    await visitor.look(page, 'reset-refused');
    await type(NEW_PASSWORD, NEW_PASSWORD);
    await page.locator('input[type=password]').first().waitFor({ state: 'detached' });
    await page.waitForLoadState();
    await visitor.look(page, 'reset-done');
    await page.reload();
    await page.getByRole('heading', { name: 'Your password has been changed' }).waitFor();
    await page.goto(link);
    await visitor.look(page, 'dead-link');
    await page.close();
  }

  test('a click opens a mail even if the list is refreshed between press and release', async (t) => {
    const { page, context } = await openWindow(browser, windowVariants[0] as WindowVariant);
    t.after(() => context.close());
    const persons = [createUniquePerson(), createUniquePerson()] as const;
    for (const person of persons) assertStatus(await people.signUp(person), 201);
    await page.goto(`${system.url}/mailbox`);
    const [older, newer] = persons.map(({ email }) => page.locator('#mails a').filter({ hasText: email }));
    await older?.waitFor();
    await newer?.hover();
    await page.mouse.down();
    await page
      .getByLabel('Search mails')
      .evaluate(
        (field, query) => Object.assign(field, { value: query }).dispatchEvent(new Event('input')),
        `to:${persons[1].email}`,
      );
    await older?.waitFor({ state: 'detached' });
    await page.mouse.up();
    await page.locator('#read').getByText(persons[1].email).waitFor();
    // Wait until the list shows the opened mail as read.
    await page.locator('#mails .unread').waitFor({ state: 'detached' });
    await page.locator('#mails a:focus').filter({ hasText: persons[1].email }).waitFor();
  });

  test('an admin finds an account, closes it and opens it again, and mails several people', async (t) => {
    const [root, ada] = [
      await people.verified(createUniquePerson('root')),
      await people.verified(createUniquePerson()),
    ];
    await system.ops('role', root.email, 'admin');
    for (const person of [root, ada]) await known(person);
    const visitor = await openWindow(browser, windowVariants[0] as WindowVariant);
    const { page } = visitor;
    t.after(() => visitor.context.close());
    await logIn(visitor, root, root.password);

    await act(page, 'accounts', 'Search', { Search: ada.username });
    const row = page.locator('main .rows > li').filter({ hasText: ada.username });
    function press(name: string) {
      return row.getByRole('button', { name, exact: true }).click();
    }
    await press('Disable');
    await page.getByText(`${ada.username} is disabled`).waitFor();
    await row.getByText('disabled').waitFor();
    await visitor.look(page, 'client-accounts');
    await press('Enable');
    await page.getByText(`${ada.username} is enabled`).waitFor();
    await press('History');
    await page.getByText('AccountEnabled').first().waitFor();
    await visitor.look(page, 'client-history');

    const others = [createUniquePerson('one'), createUniquePerson('two')].map(({ email }) => email);
    await act(page, 'send-mail', 'Send mail', { Addresses: others.join(', ') });
    await page.getByText('All of them are in one event').waitFor();
    await page.goto(`${system.url}/mailbox`);
    for (const email of others) await page.locator('#mails a').filter({ hasText: email }).waitFor();
    assert.deepEqual(visitor.faults(), []);
    assert.deepEqual(visitor.refused(), []);
  });

  for (const look of windowVariants) {
    test(`somebody signs up, verifies, logs in and resets the password: ${look.width} px, ${look.colorScheme}`, async (t) => {
      const visitor = await openWindow(browser, look);
      t.after(() => visitor.context.close());
      const ada = createUniquePerson();
      await signUp(visitor, ada);
      await verify(visitor, ada);
      await known(ada);
      await logIn(visitor, ada, ada.password);
      await reset(visitor, ada);
      await known({ ...ada, password: NEW_PASSWORD });
      await logIn(visitor, ada, NEW_PASSWORD);
      await visitor.look(visitor.page, 'client-who-am-i');
      for (const [name, content] of [
        ['topics', '#records li'],
        ['docs', 'main h2'],
        ['mailbox', '#mails a'],
      ] as const) {
        await visitor.page.goto(`${system.url}/${name}`);
        await visitor.page.locator(content).first().waitFor();
        await visitor.look(visitor.page, name);
      }
      assert.deepEqual(visitor.faults(), []);
      assert.deepEqual(visitor.refused(), MISTAKES);
    });
  }
});
