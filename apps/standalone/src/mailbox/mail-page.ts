/**
 * Serves the HTML of a mail for display in a sandboxed frame. Scripts and remote content are blocked, and
 * links open in new tabs.
 */
import { type RouteResponse, securityHeaders } from '@latchkey/http';

const inNewTab = '<base target="_blank">';

/**
 * Adds a `base` element that makes links open in a new tab. The element must be in the head, before any link.
 * If a mail has no head, browsers create one around the element.
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
