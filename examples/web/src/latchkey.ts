import { createClient } from '@latchkey/client';

const { VITE_LATCHKEY_URL: url = 'http://localhost:8080', VITE_TOKENS = 'cookie' } = import.meta.env;

/** The client that the whole app shares. If tokens are sent in bodies, every tab finds the session in localStorage. */
export const latchkey =
  VITE_TOKENS === 'body'
    ? createClient({ url, tokens: 'body', storage: localStorage })
    : createClient({ url, tokens: 'cookie' });
