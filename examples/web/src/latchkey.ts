import { createClient } from '@latchkey/client';

const { VITE_LATCHKEY_URL: url = 'http://localhost:8080', VITE_TOKENS = 'cookie' } = import.meta.env;

/** Asks for messages in the language of the page. Without this header, the browser asks for its own languages. */
function fetchInPageLanguage(...given: Parameters<typeof fetch>): Promise<Response> {
  const request = new Request(...given);
  request.headers.set('Accept-Language', document.documentElement.lang);
  return fetch(request);
}

/**
 * The client that the whole app shares. In body mode, the session is stored in localStorage, so that all tabs
 * have it.
 */
export const latchkey =
  VITE_TOKENS === 'body'
    ? createClient({ url, tokens: 'body', storage: localStorage, fetch: fetchInPageLanguage })
    : createClient({ url, tokens: 'cookie', fetch: fetchInPageLanguage });
