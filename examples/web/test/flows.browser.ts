/**
 * Tests every flow of the app in a browser. The app and the API have different origins. The tests include two tabs, a
 * tab that was suspended, and a browser that goes offline and online again.
 */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { BrowserContext, Page } from 'playwright-core';
import { createServer } from 'vite';
import { reserveFreePort } from '../../../libs/process/src/testing/free-port.ts';
import { launchBrowser, PAGE_TIMEOUT_MS } from '../../../test/support/browser.ts';
import { assertStatus, createClient } from '../../../test/support/client.ts';
import { eventually } from '../../../test/support/eventually.ts';
import { createMailbox } from '../../../test/support/mailbox.ts';
import { createPersonActions, createUniquePerson, type Person } from '../../../test/support/people.ts';
import { startStandalone } from '../../../test/support/standalone.ts';

const NEW_PASSWORD = 'quite another passphrase';
const LATER_MS = 20 * 60_000;

const system = await startStandalone({ FRONTEND_URL: 'http://localhost:5173' });
after(() => system.stop());
const mailbox = createMailbox(system.mailbox);
const api = createClient(system.url);
const people = createPersonActions(api, mailbox);
const browser = await launchBrowser();
after(() => browser.close());

// The first sign-up loads the word lists of the password check. On a busy machine, that takes longer than the app's
// client waits.
assertStatus(await api.post('/auth/signup', { json: createUniquePerson() }), 201);

/**
 * Serves the app, which keeps its tokens in cookies or sends them in request bodies.
 * @returns the URL of the app
 */
async function serveApp(tokens: 'cookie' | 'body'): Promise<string> {
  Object.assign(process.env, { VITE_LATCHKEY_URL: system.url, VITE_TOKENS: tokens });
  const port = await reserveFreePort();
  const server = await createServer({
    root: join(import.meta.dirname, '..'),
    cacheDir: join(import.meta.dirname, '..', 'node_modules', `.vite-${tokens}`),
    server: { port, strictPort: true },
    logLevel: 'error',
  });
  after(() => server.close());
  await server.listen();
  return `http://localhost:${port}`;
}

async function newContext(): Promise<BrowserContext> {
  const context = await browser.newContext();
  context.setDefaultTimeout(PAGE_TIMEOUT_MS);
  return context;
}

/**
 * Waits until the read model contains the account. Without the wait, the app would show the error 503,
 * because the app does not retry.
 */
async function known(person: Pick<Person, 'email' | 'password'>): Promise<void> {
  const { accessToken, refreshToken } = await people.login(person);
  assertStatus(await people.me(accessToken), 200);
  assertStatus(await api.post('/auth/logout', { json: { refreshToken } }), 204);
}

async function fill(page: Page, form: string, fields: Readonly<Record<string, string>>, button: string) {
  const scope = page.getByRole('form', { name: form });
  for (const [label, text] of Object.entries(fields))
    await scope.getByLabel(label, { exact: true }).fill(text);
  await scope.getByRole('button', { name: button, exact: true }).click();
}

/** Returns the link in a mail. The server's setting FRONTEND_URL makes the links in mails lead to the app. */
async function linkTo(app: string, email: string, subject: string): Promise<string> {
  const { text } = await mailbox.next(email, subject);
  const [, path] = /http:\/\/localhost:5173(\/\S+)/.exec(text) ?? assert.fail(text);
  return `${app}${path}`;
}

test('error messages are in the language of the page, not in that of the browser', async (t) => {
  const app = await serveApp('cookie');
  const context = await browser.newContext({ locale: 'de-DE' });
  context.setDefaultTimeout(PAGE_TIMEOUT_MS);
  t.after(() => context.close());
  const page = await context.newPage();
  await page.goto(app);
  await fill(page, 'Sign in', { Email: 'nobody@example.com', Password: 'not the password' }, 'Sign in');
  assert.equal(await page.getByRole('alert').textContent(), 'Incorrect email address or password.');
});

for (const tokens of ['cookie', 'body'] as const) {
  test(`every flow, with the refresh token in the ${tokens}`, async (t) => {
    const app = await serveApp(tokens);
    const context = await newContext();
    t.after(() => context.close());
    const [page, other] = [await context.newPage(), await context.newPage()];
    const ada = createUniquePerson('ada');

    await page.goto(app);
    await page.getByRole('button', { name: 'Sign up' }).click();
    const person = { Email: ada.email, Username: ada.username };
    await fill(page, 'Sign up', { ...person, Password: 'short' }, 'Create account');
    await page.getByRole('alert').waitFor();
    await fill(page, 'Sign up', { ...person, Password: ada.password }, 'Create account');
    await page.getByText('Check your inbox').waitFor();

    await page.goto(`${app}/verify?token=cut-off`);
    await fill(page, 'Verify your email', { Password: ada.password }, 'Verify email');
    await page.getByText('This link is incomplete.').waitFor();
    await page.goto(await linkTo(app, ada.email, 'Verify your email'));
    await fill(page, 'Verify your email', { Password: ada.password }, 'Verify email');
    await page.getByText('Your email is verified.').waitFor();
    await known(ada);
    await page.getByRole('link', { name: 'Sign in' }).click();
    await fill(page, 'Sign in', { Email: ada.email, Password: 'not the password' }, 'Sign in');
    await page.getByRole('alert').waitFor();
    await fill(page, 'Sign in', { Email: ada.email, Password: ada.password }, 'Sign in');
    await page.getByText(`Signed in as ${ada.username}`).waitFor();

    // Open a second tab. It must share the session, and show every change that is made in the first tab.
    await other.clock.install();
    await other.goto(app);
    await other.getByText(`Signed in as ${ada.username}`).waitFor();
    await fill(page, 'Profile', { 'First name': 'Ada' }, 'Save');
    await page.getByText('Signed in as Ada', { exact: true }).waitFor();

    // Suspend a tab until its token has expired. The tab must refresh its token before its next request, and
    // the other tab must stay signed in.
    const refreshed = other.waitForResponse((response) => response.url().endsWith('/auth/refresh'));
    await other.clock.fastForward(LATER_MS);
    await other.getByRole('button', { name: 'Reload' }).click();
    assert.equal((await refreshed).status(), 200);
    await other.getByText('Signed in as Ada', { exact: true }).waitFor();

    await context.setOffline(true);
    await fill(page, 'Profile', { 'First name': 'Augusta' }, 'Save');
    await page.getByText('The server cannot be reached.').waitFor();
    await context.setOffline(false);
    await fill(page, 'Profile', { 'First name': 'Augusta' }, 'Save');
    await page.getByText('Signed in as Augusta').waitFor();

    // Sign out in one tab. All tabs must then be signed out.
    const signedOut = page.waitForResponse((response) => response.url().endsWith('/auth/logout'));
    await page.getByRole('button', { name: 'Sign out', exact: true }).click();
    for (const tab of [page, other]) await tab.getByRole('form', { name: 'Sign in' }).waitFor();
    await signedOut;
    await page.reload();
    await page.getByRole('form', { name: 'Sign in' }).waitFor();

    await page.getByRole('button', { name: 'Forgot password' }).click();
    await fill(page, 'Forgot password', { Email: ada.email }, 'Send me a link');
    await page.getByText('a link is on its way').waitFor();
    await page.goto(await linkTo(app, ada.email, 'Reset your password'));
    await fill(page, 'Choose a new password', { 'New password': NEW_PASSWORD }, 'Set new password');
    await page.getByText('Your password has been changed.').waitFor();
    await known({ ...ada, password: NEW_PASSWORD });
    await page.getByRole('link', { name: 'Sign in' }).click();
    await fill(page, 'Sign in', { Email: ada.email, Password: NEW_PASSWORD }, 'Sign in');
    await page.getByText('Signed in as Augusta').waitFor();

    // If the browser is offline during a sign-out, the session remains on the server. The next page load must
    // end this session instead of restoring it from the cookie.
    if (tokens === 'cookie') {
      const lost = page.waitForEvent('requestfailed', (request) => request.url().endsWith('/auth/logout'));
      await context.setOffline(true);
      await page.getByRole('button', { name: 'Sign out', exact: true }).click();
      for (const tab of [page, other]) await tab.getByRole('form', { name: 'Sign in' }).waitFor();
      await lost;
      await context.setOffline(false);
      await page.reload();
      await fill(page, 'Sign in', { Email: ada.email, Password: NEW_PASSWORD }, 'Sign in');
      await page.getByText('Signed in as Augusta').waitFor();
    }

    // Sign in on another device. The list must show the session of that device, and must be able to end it,
    // so that the device's next refresh is refused.
    const elsewhere = await newContext();
    t.after(() => elsewhere.close());
    const phone = await elsewhere.newPage();
    await phone.clock.install();
    await phone.goto(app);
    await fill(phone, 'Sign in', { Email: ada.email, Password: NEW_PASSWORD }, 'Sign in');
    await phone.getByText('Signed in as Augusta').waitFor();
    await page.reload();
    await page.getByText('(this device)').waitFor();
    await context.setOffline(true);
    await page.getByRole('button', { name: 'Sign out everywhere' }).click();
    await page.getByText('The server cannot be reached.').waitFor();
    await context.setOffline(false);
    await page.getByRole('button', { name: 'Sign out this device' }).click();
    await page.getByRole('button', { name: 'Sign out this device' }).waitFor({ state: 'detached' });
    await phone.clock.fastForward(LATER_MS);
    await phone.getByRole('button', { name: 'Reload' }).click();
    await phone.getByRole('form', { name: 'Sign in' }).waitFor();

    const moved = createUniquePerson('moved').email;
    await fill(
      page,
      'Change email address',
      { 'New email': moved, Password: NEW_PASSWORD },
      'Change address',
    );
    await page.getByText('Open the link that we have sent').waitFor();
    await other.goto(await linkTo(app, moved, 'Confirm your new email address'));
    await fill(other, 'Confirm your new address', { Password: NEW_PASSWORD }, 'Confirm address');
    await other.getByText('Your address has been changed.').waitFor();
    await known({ email: moved, password: NEW_PASSWORD });
    await page.getByRole('button', { name: 'Reload' }).click();
    await page.getByText(`Your address is ${moved}.`).waitFor();

    // Undo the change with the link in the mail to the previous address. The undo also ends every session.
    await other.goto(await linkTo(app, ada.email, 'Your email address was changed'));
    await fill(other, 'Keep your previous address', { 'New password': ada.password }, 'Undo the change');
    await other.getByText('Your previous address is back.').waitFor();
    await known(ada);
    await fill(page, 'Sign in', { Email: ada.email, Password: ada.password }, 'Sign in');
    await page.getByText(`Your address is ${ada.email}.`).waitFor();

    const download = page.waitForEvent('download');
    await fill(page, 'Your data', { Password: ada.password }, 'Download');
    const file = await (await download).path();
    assert.equal(JSON.parse(await readFile(file, 'utf8')).profile.email, ada.email);

    const { accessToken } = await people.login(ada);
    await fill(page, 'Erase account', { Password: ada.password }, 'Erase my account');
    await page.getByText('You cannot sign in any more.').waitFor();
    await eventually('the user service knows', async () => (await people.me(accessToken)).status === 401);
    await page.getByRole('button', { name: 'Reload' }).click();
    await page.getByRole('form', { name: 'Sign in' }).waitFor();
  });
}
