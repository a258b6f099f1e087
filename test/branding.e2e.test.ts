/**
 * Tests the setting BRAND_LOGO_FILE: the logo appears on pages and in mails, and a file that is not a logo prevents the
 * start of the server.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { assertStatus, createClient } from './support/client.ts';
import { createMailbox, extractLink } from './support/mailbox.ts';
import { createUniquePerson } from './support/people.ts';
import { runUntilExit, startStandalone } from './support/standalone.ts';

/** An image of one transparent pixel. */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

async function folderFor(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-branding-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Returns the URL and the alternative text of the first image in an HTML document. */
function imageIn(html: string): { readonly url: string; readonly alt: string } {
  const tag = /<img[^>]*>/.exec(html)?.[0] ?? assert.fail(`there is no image in: ${html}`);
  const [url = '', alt = ''] = ['src', 'alt'].map((name) => new RegExp(`${name}="([^"]*)"`).exec(tag)?.[1]);
  return { url, alt };
}

test('the logo of a file is on the page of a link and in its mail, and everybody can load it', async (t) => {
  const file = join(await folderFor(t), 'logo.png');
  await writeFile(file, PNG);
  const system = await startStandalone({ BRAND_NAME: 'Example Books', BRAND_LOGO_FILE: file });
  t.after(system.stop);
  const ada = createUniquePerson();
  assertStatus(await createClient(system.url).post('/auth/signup', { json: ada }), 201);
  const mail = await createMailbox(system.mailbox).next(ada.email, 'Verify your email');
  const page = await fetch(extractLink(mail).url, { headers: { Accept: 'text/html' } });

  const inMail = imageIn(mail.html);
  assert.deepEqual(inMail, { url: `${system.url}/api/v1/auth/logo`, alt: 'Example Books' });
  const onPage = imageIn(await page.text());
  assert.equal(new URL(onPage.url, page.url).href, inMail.url);
  assert.equal(onPage.alt, 'Example Books');
  assert.match(page.headers.get('content-security-policy') ?? '', /img-src[^;]* 'self'/);

  const logo = await fetch(inMail.url);
  assert.deepEqual(
    [logo.status, logo.headers.get('content-type'), logo.headers.get('cross-origin-resource-policy')],
    [200, 'image/png', 'cross-origin'],
  );
  assert.deepEqual(Buffer.from(await logo.arrayBuffer()), PNG);
});

test('a file that is no logo is refused at the start, by the name of the setting', async (t) => {
  const folder = await folderFor(t);
  const [svg, none] = [join(folder, 'logo.svg'), join(folder, 'none.png')];
  await writeFile(svg, '<svg xmlns="http://www.w3.org/2000/svg"/>');
  for (const [file, fault] of [
    [svg, 'must be a PNG, JPEG or GIF: mail programs show no other images'],
    [none, 'must be a file that can be read'],
  ] as const) {
    const ended = await runUntilExit({ BRAND_LOGO_FILE: file, DATA_DIR: join(folder, 'data') });
    assert.deepEqual(ended, { code: 1, stdout: '', stderr: `BRAND_LOGO_FILE: ${fault}\n` });
  }
});
