/** Serves the HTML of a mail for a sandboxed frame: no scripts, no remote content, links open in a new tab. */
import { type Answer, securityHeaders } from '@latchkey/http';

const inNewTab = '<base target="_blank">';

/**
 * Makes links open in a new tab. The element `base` must be in the head, before any link; if a mail has no head, the
 * HTML parser adds one.
 */
function withNewTabs(html: string): string {
  return /<head[^>]*>/i.test(html)
    ? html.replace(/<head[^>]*>/i, (head) => head + inNewTab)
    : inNewTab + html;
}

export function mailPage(html: string): Answer {
  return {
    status: 200,
    html: withNewTabs(html),
    headers: securityHeaders.mailFrame,
  };
}
