/** `npm run demo`: plays the journey in the terminal, then leaves the server open for a look (`--once`: ends it). */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createLogger, createRegistry } from '@latchkey/process';
import { z } from 'zod';
import { composeStandalone, type Standalone } from './compose.ts';
import { message } from './mailbox/message.ts';
import { messagePage } from './mailbox/routes.ts';
import { readSettings } from './settings.ts';
import { recordList, topicList } from './topics/routes.ts';

const PATIENCE_MS = 5000;
const LOOK_EVERY_MS = 50;

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

/** On one line, with tokens cut short and what is null left out. */
function briefly(json: string): string {
  const text = json
    .replace(/"(accessToken|refreshToken)":"([^"]{3})[^"]*"/g, '"$1":"$2…"')
    .replace(/"\w+":null,?/g, '');
  return text.length > WIDTH ? `${text.slice(0, WIDTH)}…` : text;
}

/** Sends a request and shows it with its answer. */
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
  say(`  < ${answer.status} ${briefly(text)}`);
  return { text, accountSequence: answer.headers.get('Account-Sequence') ?? '' };
}

/** Shows the events that have come since it was last asked. */
function eventTeller(url: string): () => Promise<void> {
  const told = new Set<string>();
  return async () => {
    const { topics } = await getJson(`${url}/topics/api/topics`, topicList);
    for (const { name } of topics) {
      const { records } = await getJson(`${url}/topics/api/topics/${name}/records`, recordList);
      for (const { partition, offset, headers } of records) {
        const place = `${name} ${partition} ${offset}`;
        const type = String(headers['ce_type']).padEnd(24);
        if (!told.has(place)) say(`    event  ${type} on ${name}, partition ${partition}, offset ${offset}`);
        told.add(place);
      }
    }
  };
}

/** Waits for a mail with this subject and gives back its link's token, if it has one. */
async function awaitMail(url: string, subject: string): Promise<string> {
  const query = new URLSearchParams({ query: `to:${ada.email} subject:"${subject}" is:unread` });
  const end = Date.now() + PATIENCE_MS;
  while (Date.now() < end) {
    const [found] = (await getJson(`${url}/mailbox/api/v1/search?${query}`, messagePage)).messages;
    if (found) {
      const { Text } = await getJson(`${url}/mailbox/api/v1/message/${found.ID}`, message);
      return /[\w-]{64}/.exec(Text)?.[0] ?? '';
    }
    await pause(LOOK_EVERY_MS);
  }
  throw new Error(`No mail “${subject}” came within ${PATIENCE_MS / 1000} s`);
}

const tokens = z.object({ accessToken: z.string() });

async function play({ url }: Standalone): Promise<void> {
  const tellEvents = eventTeller(url);
  function step(title: string): void {
    say(`\n${title}`);
  }
  /** Shows what a request led to, in the order in which it came about; gives back the mail's token. */
  async function caused(subject: string): Promise<string> {
    const token = await awaitMail(url, subject);
    await tellEvents();
    say(`    mail   “${subject}” to ${ada.email}`);
    return token;
  }
  function post(path: string, body?: object) {
    return call(url, `/api/v1/auth/${path}`, body ? { body } : {});
  }

  step('1. Ada signs up. auth writes one event; the notifier reads it and mails her a link.');
  await post('signup', { ...ada, username: 'ada' });
  const verification = await caused('Verify your email');

  step('2. She follows the link: the address is proven.');
  await post(`verify/${verification}`);
  await caused('Welcome to our app');

  step('3. She logs in, and the user service, which knows her from the events alone, says who she is.');
  const { accessToken } = tokens.parse(JSON.parse((await post('login', ada)).text));
  await call(url, '/api/v1/users/me', { method: 'GET', headers: { Authorization: `Bearer ${accessToken}` } });

  step('4. She forgets her password. The answer tells nothing; the mailbox does.');
  await post('password-reset-request', { email: ada.email });
  const reset = await caused('Reset your password');

  step('5. She chooses a new one: every session and every other link ends at once.');
  await post(`password-reset-confirm/${reset}`, {
    newPassword: NEW_PASSWORD,
    confirmNewPassword: NEW_PASSWORD,
  });
  await caused('Your password was changed');
  await post('login', { email: ada.email, password: NEW_PASSWORD });

  step('That was the whole journey: the events above are all that there is to know about Ada.');
}

const once = process.argv.includes('--once');
const folder = await mkdtemp(join(tmpdir(), 'latchkey-demo-'));
const config = readSettings({ DATA_DIR: folder, PORT: '0' });
const logger = createLogger({ name: 'demo', level: 'fatal' });
const standalone = await composeStandalone(config, { logger, registry: createRegistry() });

async function end(): Promise<void> {
  await standalone.stop();
  await rm(folder, { recursive: true, force: true });
}

try {
  await standalone.start();
  say(`Latchkey is up at ${standalone.url} on a folder that goes when this ends.`);
  await play(standalone);
  if (once) await end();
  else {
    say(`\nHave a look: ${standalone.url}  (mails: /mailbox, log: /topics). Ctrl-C ends it.`);
    process.once('SIGINT', () => void end()).once('SIGTERM', () => void end());
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
  await end();
}
