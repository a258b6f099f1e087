/**
 * Tests that request headers cannot change where redirects and mailed links lead. If they could, a stranger
 * who requests a password reset for another person could receive the token of the link. ASVS means OWASP ASVS
 * 5.0.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { selectCases } from '@latchkey/process/testing/test-cases';
import { assertStatus, type Client, createClient } from './client.ts';
import { createMailbox, extractLink, type Mailbox } from './mailbox.ts';
import { readOperations } from './openapi.ts';
import { createSamplePath, createSampleRequestBody } from './openapi-samples.ts';
import { createPersonActions, createUniquePerson, type Person, type PersonActions } from './people.ts';
import { sendRawRequest } from './raw-request.ts';
import type { System } from './system.ts';

const EVIL = 'evil.example';
/** Headers from which proxies and web frameworks take the public host name. */
const HEADERS: readonly Readonly<Record<string, string>>[] = [
  { Host: EVIL },
  { Host: `accounts.example.com:8080@${EVIL}` },
  { Forwarded: `host=${EVIL};proto=https` },
  { 'X-Forwarded-Host': EVIL },
  { 'X-Forwarded-Host': EVIL, 'X-Forwarded-Proto': 'https', 'X-Forwarded-Port': '443' },
  { 'X-Forwarded-Server': EVIL },
  { 'X-Forwarded-Prefix': `//${EVIL}` },
  { 'X-Host': EVIL },
  { 'X-HTTP-Host-Override': EVIL },
  { 'X-Original-URL': `https://${EVIL}/` },
  { 'X-Zitadel-Public-Host': `accounts.example.com@${EVIL}` },
  { Origin: `https://${EVIL}`, Referer: `https://${EVIL}/` },
];

/**
 * Defines the tests of links and redirects.
 * @param start starts a system @param publicUrl the PUBLIC_URL of the system. Default: its URL
 */
export function defineLinkPoisoningTests(
  title: string,
  start: () => Promise<System>,
  publicUrl?: string,
): void {
  describe(title, () => {
    let system: System;
    let client: Client;
    let mailbox: Mailbox;
    let people: PersonActions;
    let publicOrigin: string;

    before(async () => {
      system = await start();
      client = createClient(system.url);
      mailbox = createMailbox(system.mailbox);
      people = createPersonActions(client, mailbox);
      publicOrigin = new URL(publicUrl ?? system.url).origin;
    });
    after(() => system?.stop());

    describe('a link in a mail', () => {
      let ada: Person;
      before(async () => {
        ada = await people.verified(createUniquePerson('ada'));
      });

      test('leads to PUBLIC_URL, whatever host the request names (ASVS 6.4.3)', async () => {
        const json = JSON.stringify({ email: ada.email });
        for (const [index, headers] of HEADERS.entries()) {
          const reply = await sendRawRequest(system.url, 'POST', '/auth/password-reset-request', {
            body: json,
            headers: { 'Content-Type': 'application/json', ...headers },
          });
          const what = JSON.stringify(headers);
          assert.equal(reply.status, 202, `${what}: ${reply.text}`);
          const mail = await mailbox.next(ada.email, 'Reset your password', index + 1);
          assert.equal(extractLink(mail).url.origin, publicOrigin, what);
          assert.doesNotMatch(mail.text + mail.html, /evil\.example/, what);
        }
      });
    });

    describe('a request', () => {
      const TARGETS = [`https://${EVIL}`, `//${EVIL}`, `/\\${EVIL}`, `http:${EVIL}`, `javascript:alert(1)`];
      const NAMES = [
        'callbackURL',
        'redirect_to',
        'redirectTo',
        'return_to',
        'next',
        'url',
        'post_logout_redirect',
      ];

      test('cannot say where to redirect: no route reads such a parameter or answers with its value (ASVS 3.7.2)', async () => {
        for (const [index, operation] of (await readOperations(client)).entries()) {
          const body = createSampleRequestBody(operation);
          for (const name of NAMES)
            for (const target of selectCases(TARGETS, index)) {
              const path = `${createSamplePath(operation)}?${name}=${encodeURIComponent(target)}`;
              const reply = await sendRawRequest(system.url, operation.method, path, {
                ...(body && { body: JSON.stringify(body) }),
                headers: body ? { 'Content-Type': 'application/json' } : {},
              });
              const what = `${operation.name} ${name}=${target}`;
              assert.doesNotMatch(String(reply.headers.get('location')), /evil|script/, what);
              assert.doesNotMatch(reply.text, /evil\.example|javascript:/, what);
            }
        }
      });
    });

    describe('a body', () => {
      /** Fields that no request body may set in the caller's account. */
      const FIELDS = {
        id: '01890a5d-ac96-774b-bcce-b302099a8057',
        userId: '01890a5d-ac96-774b-bcce-b302099a8057',
        role: 'admin',
        isVerified: true,
        verified: true,
        emailVerified: true,
        isEmailVerified: true,
        disabled: false,
        status: 'verified',
        passwordHash: 'x',
      };

      test('cannot set what only the system or an admin decides (ASVS 15.3.3)', async () => {
        const { accessToken } = await people.login(await people.verified(createUniquePerson('grace')));
        for (const operation of await readOperations(client)) {
          const body = createSampleRequestBody(operation);
          if (body === undefined) continue;
          for (const [name, value] of Object.entries(FIELDS)) {
            if (Object.hasOwn(body, name)) continue;
            const reply = await sendRawRequest(system.url, operation.method, createSamplePath(operation), {
              body: JSON.stringify({ ...body, [name]: value }),
              headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${accessToken}` },
            });
            // Accept 401 and 403, because routes that this caller may not use refuse the request before they read
            // its body.
            assert.ok(
              [400, 401, 403].includes(reply.status),
              `${operation.name} with ${name}: ${reply.text}`,
            );
          }
        }
        const me = assertStatus(await people.me(accessToken), 200).json;
        assert.equal(me.role, 'user');
      });
    });
  });
}
