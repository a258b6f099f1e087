/** Compiles every mails/<mail>/<locale>/mail.mjml to the mail.html next to it. Run `node scripts/compile-mails.ts`. */
import { glob, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import mjml2html from 'mjml';

const mailsFolder = join(import.meta.dirname, '..', 'mails');

/** Returns the HTML compiled from a mail's MJML source. @throws Error if the source has faults */
export async function compileMail(path: string): Promise<string> {
  const { html, errors } = await mjml2html(await readFile(path, 'utf8'), {
    filePath: path,
    ignoreIncludes: false,
    includePath: mailsFolder,
    validationLevel: 'strict',
    fonts: {},
  });
  if (errors.length > 0)
    throw new Error(`${path}: ${errors.map((each) => each.formattedMessage).join('; ')}`);
  return withBrandColors(`${html.trim()}\n`);
}

/**
 * Replaces the placeholder colors in compiled HTML with the variables for the brand's colors. The MJML sources need
 * placeholders, because MJML accepts only real colors where a color is expected.
 */
function withBrandColors(html: string): string {
  return html.replaceAll('#1d5c52', '{{ color }}').replaceAll('#83cdbe', '{{ color_on_dark }}');
}

/** Returns the paths of the MJML sources of all mails. */
export async function findMailSources(): Promise<readonly string[]> {
  const paths = await Array.fromAsync(glob('*/*/mail.mjml', { cwd: mailsFolder }));
  return paths.sort().map((path) => join(mailsFolder, path));
}

export function getCompiledMailPath(source: string): string {
  return source.replace(/\.mjml$/, '.html');
}

if (import.meta.main) {
  for (const source of await findMailSources())
    await writeFile(getCompiledMailPath(source), await compileMail(source));
}
