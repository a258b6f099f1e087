/**
 * `npm run demo` shows in the terminal what happens when a user signs up, verifies the address, signs in, and
 * so on. The server then keeps running, unless `--once` is given.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createLogger, createMetricsRegistry } from '@latchkey/process';
import { z } from 'zod';
import { composeStandalone, type Standalone } from './compose.ts';
import { mailMessageSchema } from './mailbox/message.ts';
import { mailMessagePageSchema } from './mailbox/routes.ts';
import { readStandaloneSettings } from './settings.ts';
import { recordListSchema, topicListSchema } from './topics/routes.ts';

const TIMEOUT_MS = 5000;
const POLL_MS = 50;

const ada = { email: 'ada@example.com', password: 'correct horse battery' };
const NEW_PASSWORD = 'a better horse battery';

function say(text = ''): void {
  process.stdout.write(`${text}\n`);
}

async function getJson<T>(url: string, schema: z.ZodType<T>): Promise<T> {
  return schema.parse(await (await fetch(url)).json());
}

interface Call {
  readonly method?: string;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

const WIDTH = 110;

/** Formats a JSON text on one line, with shortened tokens and without null values. */
function shortened(json: string): string {
  const text = json
    .replace(/"(accessToken|refreshToken)":"([^"]{3})[^"]*"/g, '"$1":"$2…"')
    .replace(/"\w+":null,?/g, '');
  return text.length > WIDTH ? `${text.slice(0, WIDTH)}…` : text;
}

/** Sends a request, and prints the request and its response. */
async function call(url: string, path: string, { method = 'POST', body, headers = {} }: Call) {
  const shownPath = path.replace(/[\w-]{64}/, '<token>');
  say(`  > ${method} ${shownPath}`);
  const answer = await fetch(url + path, {
    method,
    headers: { ...(body ? { 'Content-Type': 'application/json' } : {}), ...headers },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${shownPath} answered ${answer.status}`);
  say(`  < ${answer.status} ${shortened(text)}`);
  return { text, accountSequence: answer.headers.get('Account-Sequence') ?? '' };
}

/** Returns a function that prints the events published since it was last called. */
function eventPrinter(url: string): () => Promise<void> {
  const printed = new Set<string>();
  return async () => {
    const { topics } = await getJson(`${url}/topics/api/topics`, topicListSchema);
    for (const { name } of topics) {
      const { records } = await getJson(`${url}/topics/api/topics/${name}/records`, recordListSchema);
      for (const { partition, offset, headers } of records) {
        const place = `${name} ${partition} ${offset}`;
        const type = String(headers['ce_type']).padEnd(24);
        if (!printed.has(place))
          say(`    event  ${type} on ${name}, partition ${partition}, offset ${offset}`);
        printed.add(place);
      }
    }
  };
}

/**
 * Waits until the mailbox contains an unread mail to Ada with this subject.
 * @returns the token in the mail's link, or an empty string if the mail has no link
 */
async function awaitMail(url: string, subject: string): Promise<string> {
  const query = new URLSearchParams({ query: `to:${ada.email} subject:"${subject}" is:unread` });
  const end = Date.now() + TIMEOUT_MS;
  while (Date.now() < end) {
    const [found] = (await getJson(`${url}/mailbox/api/v1/search?${query}`, mailMessagePageSchema)).messages;
    if (found) {
      const { Text } = await getJson(`${url}/mailbox/api/v1/message/${found.ID}`, mailMessageSchema);
      return /[\w-]{64}/.exec(Text)?.[0] ?? '';
    }
    await pause(POLL_MS);
  }
  throw new Error(`No mail “${subject}” arrived within ${TIMEOUT_MS / 1000} s`);
}

const tokens = z.object({ accessToken: z.string() });

async function play({ url }: Standalone): Promise<void> {
  const printEvents = eventPrinter(url);
  function step(title: string): void {
    say(`\n${title}`);
  }
  /**
   * Waits until the mailbox contains the mail with this subject. Then prints the mail, and the events that
   * were published since the previous output.
   * @returns the token in the mail
   */
  async function caused(subject: string): Promise<string> {
    const token = await awaitMail(url, subject);
    await printEvents();
    say(`    mail   “${subject}” to ${ada.email}`);
    return token;
  }
  function post(path: string, body?: object) {
    return call(url, `/api/v1/auth/${path}`, body ? { body } : {});
  }

  step('1. Ada signs up. auth writes an event; notifier reads it and mails her a link.');
  await post('signup', { ...ada, username: 'ada' });
  const verification = await caused('Verify your email');

  step('2. She follows the link and enters her password: it is her address, and her sign-up.');
  await post(`verify/${verification}`, { password: ada.password });
  await caused('Welcome to Latchkey');

  step('3. She signs in and asks the user service, which knows her only from the events, for her profile.');
  const { accessToken } = tokens.parse(JSON.parse((await post('login', ada)).text));
  await call(url, '/api/v1/users/me', { method: 'GET', headers: { Authorization: `Bearer ${accessToken}` } });

  step('4. She requests a password reset. The response is the same for any address; the mail has the link.');
  await post('password-reset-request', { email: ada.email });
  const reset = await caused('Reset your password');

  step('5. She chooses a new password, which ends every session and every other link at once.');
  await post(`password-reset-confirm/${reset}`, {
    newPassword: NEW_PASSWORD,
    confirmNewPassword: NEW_PASSWORD,
  });
  await caused('Your password was changed');
  await post('login', { email: ada.email, password: NEW_PASSWORD });

  step('Done. The events above are the complete history of the account.');
}

const once = process.argv.includes('--once');
const folder = await mkdtemp(join(tmpdir(), 'latchkey-demo-'));
const config = readStandaloneSettings({ DATA_DIR: folder, PORT: '0' });
const logger = createLogger({ name: 'demo', level: 'fatal' });
const standalone = await composeStandalone(config, { logger, registry: createMetricsRegistry() });

async function end(): Promise<void> {
  await standalone.stop();
  await rm(folder, { recursive: true, force: true });
}

try {
  await standalone.start();
  say(`Latchkey is up at ${standalone.url}, in a temporary folder.`);
  await play(standalone);
  if (once) await end();
  else {
    say(`\nOpen ${standalone.url} (mails: /mailbox, log: /topics). Press Ctrl-C to stop.`);
    process.once('SIGINT', () => void end()).once('SIGTERM', () => void end());
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
  await end();
}
