/** A mail's own HTML as a page for the reader's frame: no script, nothing remote, links open in a new tab. */
import type { Answer } from '@latchkey/http';

const contentSecurityPolicy = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  'img-src data:',
  "form-action 'none'",
  "frame-ancestors 'self'",
  'sandbox allow-popups allow-popups-to-escape-sandbox',
].join('; ');

const inNewTab = '<base target="_blank">';

/** `base` must stand in the head and before the links; a mail without a head gets one from the parser. */
function withNewTabs(html: string): string {
  return /<head[^>]*>/i.test(html)
    ? html.replace(/<head[^>]*>/i, (head) => head + inNewTab)
    : inNewTab + html;
}

export function mailPage(html: string): Answer {
  return {
    status: 200,
    html: withNewTabs(html),
    headers: {
      'Content-Security-Policy': contentSecurityPolicy,
      'X-Frame-Options': 'SAMEORIGIN',
    },
  };
}
