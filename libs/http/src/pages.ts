import type { Problem } from './problem.ts';
import type { Translate } from './translate.ts';

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (each) => ENTITIES[each] ?? each);
}

/** Renders a page that explains a problem to a person, for routes that have no page for it. */
export function renderProblemPage(
  { spec, details }: Problem,
  requestId: string,
  { language, translate }: { readonly language: string; readonly translate: Translate },
): string {
  const title = escapeHtml(translate(spec.title));
  const paragraphs = [details.detail, spec.resolution].filter(
    (text) => text !== undefined && text !== spec.title,
  );
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title}</title>
</head>
<body>
<main>
<h1>${title}</h1>
${paragraphs.map((text) => `<p>${escapeHtml(translate(text ?? ''))}</p>`).join('\n')}
<p><small>Request ${escapeHtml(requestId)}</small></p>
</main>
</body>
</html>
`;
}
