/** Shows every mail in every locale with example data, in a browser: `node services/notifier/scripts/preview-mails.ts`. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { instantInWords } from '@latchkey/locale';
import { mails } from '../mails/index.ts';
import { examplesOf, type Mail } from '../src/mails/define-mail.ts';
import { loadTemplates, type Templates } from '../src/mails/templates.ts';
import { duration } from '../src/mails/words.ts';

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (each) => entities[each] ?? each);
}

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 1200px; padding: 24px; }
h1 { font-size: 20px; } h2 { font-size: 16px; margin: 40px 0 8px; }
section { display: grid; gap: 16px; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); }
iframe { border: 1px solid #8885; border-radius: 8px; width: 100%; height: 760px; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; padding: 16px; border: 1px solid #8885; border-radius: 8px; }
@media (max-width: 800px) { section { grid-template-columns: minmax(0, 1fr); } }`;

const DAY_MS = 24 * 3_600_000;

function sampleFor(mail: Mail, locale: string) {
  const now = new Date();
  return {
    ...examplesOf(mail),
    locale,
    occurred_at: instantInWords(now, locale),
    expires_in: duration(DAY_MS, locale),
    expires_at: instantInWords(new Date(now.getTime() + DAY_MS), locale),
  };
}

function show(templates: Templates): string {
  const sections = mails.flatMap((mail) =>
    templates.locales(mail.name).map((locale) => {
      const { name } = mail;
      const { subject, html, text } = templates.render(name, locale, sampleFor(mail, locale));
      return `<h2 id="${escapeHtml(`${name}-${locale}`)}">${name} · ${escapeHtml(locale)} · ${escapeHtml(subject)}</h2>
<section><iframe sandbox title="${name} ${escapeHtml(locale)}" srcdoc="${escapeHtml(html)}"></iframe><pre>${escapeHtml(text)}</pre></section>`;
    }),
  );
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Mails</title><style>${STYLE}</style><h1>Mails, with example data</h1>${sections.join('\n')}</html>`;
}

/** Reads the templates again for each page, so that an edit shows on reload. A fault is shown as text. */
const server = createServer((_request, response) => {
  loadTemplates(process.env['TEMPLATE_FOLDER']).then(
    (templates) => response.setHeader('Content-Type', 'text/html; charset=utf-8').end(show(templates)),
    (error: unknown) =>
      response.writeHead(500, { 'Content-Type': 'text/plain; charset=utf-8' }).end(String(error)),
  );
});

server.listen(Number(process.env['PORT'] ?? 0), '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`Mails: http://127.0.0.1:${port}/\n`);
});
