/** An HTML fragment. Templates insert HTML fragments unchanged, and escape all other values. */

export interface SafeHtml {
  readonly html: string;
}

function isHtml(value: unknown): value is SafeHtml {
  return typeof value === 'object' && value !== null && 'html' in value;
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function fragment(value: unknown): string {
  if (value === undefined || value === null || value === false) return '';
  if (Array.isArray(value)) return value.map(fragment).join('');
  return isHtml(value) ? value.html : String(value).replace(/[&<>"]/g, (sign) => entities[sign] ?? sign);
}

export function renderHtmlTemplate(texts: TemplateStringsArray, ...values: readonly unknown[]): SafeHtml {
  return {
    html: String.raw({ raw: texts }, ...values.map(fragment)),
  };
}

/** Escapes text and renders it as HTML. Words in backticks become `<code>` elements. */
export function renderTextAsHtml(text: unknown): SafeHtml {
  return {
    html: fragment(text ?? '').replace(/`([^`]+)`/g, '<code>$1</code>'),
  };
}
