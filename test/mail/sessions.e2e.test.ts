/**
 * Tests mail servers that fail before a recipient is named. The notifier must report the failure with the server's
 * reply, keep the mail, and send it once the server accepts mails again.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { assertStatus, createClient } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { createPersonActions, createUniquePerson } from '../support/people.ts';
import { type Standalone, startStandalone } from '../support/standalone.ts';
import { type ScriptedServer, type SessionScript, startScriptedServer } from './scripted-server.ts';
import {
  createAuthReplies,
  type SessionBehaviour,
  SMTP_LOGIN_SETTINGS,
  smtpSessionBehaviours,
} from './sessions.ts';

/**
 * A timeout for steps with retries. After a mail server has refused the sender, the notifier waits only 15 s before it
 * tries again.
 */
const PATIENCE_MS = 120_000;

type Group = readonly (readonly [name: string, behaviour: SessionBehaviour])[];

/**
 * The server behaviours, grouped by the settings that they need. One notifier process can test all behaviours
 * of a group.
 */
const groups: ReadonlyMap<string, Group> = Map.groupBy(
  Object.entries(smtpSessionBehaviours).filter(([, { recipient }]) => recipient === undefined),
  ([, { settings = {} }]) => JSON.stringify(settings),
);

/**
 * Returns a script for a server that accepts every mail of a notifier with these settings. Returns undefined
 * if the settings require TLS, which the scripted server does not support.
 */
function workingSession(settings: Readonly<Record<string, string>>): SessionScript | undefined {
  if (settings['MAIL_STARTTLS'] === 'true' || settings['MAIL_SSL_TLS'] === 'true') return undefined;
  return settings['USE_CREDENTIALS'] === SMTP_LOGIN_SETTINGS.USE_CREDENTIALS
    ? { ehlo: '250-here\n250 AUTH PLAIN LOGIN', auth: createAuthReplies('PLAIN') }
    : {};
}

interface Dependency {
  readonly name: string;
  readonly state: string;
  readonly detail?: string;
}

describe('the notifier at a mail server', { concurrency: true }, () => {
  for (const [key, group] of groups) {
    const settings = JSON.parse(key) as Readonly<Record<string, string>>;

    describe(`with ${Object.keys(settings).join(', ') || 'no login'}`, { concurrency: 1 }, () => {
      let session: SessionScript = group[0]?.[1].session ?? {};
      let server: ScriptedServer;
      let system: Standalone;

      before(async () => {
        server = await startScriptedServer({
          get session() {
            return session;
          },
        });
        system = await startStandalone({
          MAIL_SERVER: '127.0.0.1',
          MAIL_PORT: String(server.port),
          MAIL_STARTTLS: 'false',
          USE_CREDENTIALS: 'false',
          MAIL_FROM: 'no-reply@example.com',
          ...settings,
        });
      });

      after(async () => {
        await system.stop();
        await server[Symbol.asyncDispose]();
      });

      async function smtp(): Promise<Dependency | undefined> {
        const response = await fetch(`${system.operations}/readyz`);
        const { dependencies } = (await response.json()) as { readonly dependencies: readonly Dependency[] };
        return dependencies.find(({ name }) => /\bsmtp\b/.test(name));
      }

      function arrives(address: string): Promise<unknown> {
        return eventually('the mail', () => server.to(address).length === 1, PATIENCE_MS);
      }

      for (const [name, behaviour] of group) {
        const { source, fails } = behaviour;
        test(`${name} (${source}): ${fails ? 'waits, and says why' : 'sends'}`, async () => {
          session = behaviour.session ?? {};
          server.closeAll();
          const person = createUniquePerson('session');
          assertStatus(await createPersonActions(createClient(system.url), NO_MAILBOX).signUp(person), 201);
          if (fails) {
            const said = await eventually(
              'the server is reported',
              async () => {
                const { state, detail = '' } = (await smtp()) ?? {};
                return state === 'degraded' && fails.test(detail) && detail;
              },
              PATIENCE_MS,
            );
            assert.doesNotMatch(said, /@/);
            assert.deepEqual(server.to(person.email), []);
            const working = workingSession(settings);
            if (working === undefined) return;
            session = working;
            // Close all connections, because an open connection keeps the script with which it began.
            server.closeAll();
          }
          await arrives(person.email);
          await eventually('it is well', async () => (await smtp())?.state === 'ok', PATIENCE_MS);
        });
      }
    });
  }
});

const NO_MAILBOX = {
  to: async () => [],
  next: () => Promise.reject(new Error('these tests read no mails')),
};
