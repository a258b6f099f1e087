/** HTML from templates: every value is escaped unless it is HTML itself. */

export interface Html {
  readonly html: string;
}

const isHtml = (value: unknown): value is Html =>
  typeof value === 'object' && value !== null && 'html' in value;

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function fragment(value: unknown): string {
  if (value === undefined || value === null || value === false) return '';
  if (Array.isArray(value)) return value.map(fragment).join('');
  return isHtml(value) ? value.html : String(value).replace(/[&<>"]/g, (sign) => entities[sign] ?? sign);
}

export const html = (texts: TemplateStringsArray, ...values: readonly unknown[]): Html => ({
  html: String.raw({ raw: texts }, ...values.map(fragment)),
});

/** Prose with `code` in backticks. */
export const prose = (text: unknown): Html => ({
  html: fragment(text ?? '').replace(/`([^`]+)`/g, '<code>$1</code>'),
});
