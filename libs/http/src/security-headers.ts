type Headers = Readonly<Record<string, string>>;

function policy(...directives: readonly string[]): string {
  return directives.join('; ');
}

/**
 * Returns the Content-Security-Policy of a page.
 * @param imageOrigin another server from which the page may load images
 */
export function createPageContentSecurityPolicy(imageOrigin?: string): string {
  return policy(
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    `img-src 'self'${imageOrigin === undefined ? '' : ` ${imageOrigin}`}`,
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  );
}

/**
 * The security headers for each kind of response (ASVS 5.0, 3.4). All responses have the headers in `every`.
 * If all clients use HTTPS, as in production, all responses also have the headers in `https`. The headers of
 * pages override these headers.
 */
export const securityHeaders = {
  every: {
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'no-referrer',
    'Content-Security-Policy': policy("default-src 'none'", "frame-ancestors 'none'"),
    'Cross-Origin-Resource-Policy': 'same-origin',
  },
  https: {
    'Strict-Transport-Security': 'max-age=31536000; includeSubDomains',
  },
  /**
   * The headers of pages. As a page's URL may contain a secret, the page loads only files of this server, is
   * not cached, and does not send its URL to other sites.
   */
  page: {
    'Cache-Control': 'no-store',
    'Content-Security-Policy': createPageContentSecurityPolicy(),
    'X-Robots-Tag': 'noindex, nofollow',
  },
  /** The headers of development pages, which load scripts from this server. */
  scriptedPage: {
    'Content-Security-Policy': policy(
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self' data:",
      "connect-src 'self'",
      "frame-src 'self'",
      "form-action 'self'",
      "base-uri 'none'",
      "frame-ancestors 'none'",
    ),
  },
  /**
   * The headers of a mail's HTML, which a development page shows in a sandboxed frame: no scripts, no remote
   * content.
   */
  mailFrame: {
    'Content-Security-Policy': policy(
      "default-src 'none'",
      "style-src 'unsafe-inline'",
      "img-src 'self' data:",
      "form-action 'none'",
      "frame-ancestors 'self'",
      'sandbox allow-popups allow-popups-to-escape-sandbox',
    ),
    'X-Frame-Options': 'SAMEORIGIN',
  },
} as const satisfies Record<string, Headers>;
