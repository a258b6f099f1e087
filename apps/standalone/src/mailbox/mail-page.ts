/**
 * Serves the HTML of a mail for display in a sandboxed frame. Scripts and remote content are blocked, and
 * links open in new tabs.
 */
import { type RouteResponse, securityHeaders } from '@latchkey/http';

const inNewTab = '<base target="_blank">';

/**
 * Adds a `base` element to the HTML of a mail, so that links open in a new tab. The element must be in the
 * head, before any link. If the mail has no head, the browser creates one that contains the element.
 */
function withNewTabs(html: string): string {
  return /<head[^>]*>/i.test(html)
    ? html.replace(/<head[^>]*>/i, (head) => head + inNewTab)
    : inNewTab + html;
}

export function createMailPageResponse(html: string): RouteResponse {
  return {
    status: 200,
    html: withNewTabs(html),
    headers: securityHeaders.mailFrame,
  };
}
