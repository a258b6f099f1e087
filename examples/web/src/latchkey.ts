import { createClient } from '@latchkey/client';

const { VITE_LATCHKEY_URL: url = 'http://localhost:8080', VITE_TOKENS = 'cookie' } = import.meta.env;

/** One client for the whole app. In body mode every tab finds the session in localStorage. */
export const latchkey =
  VITE_TOKENS === 'body'
    ? createClient({ url, tokens: 'body', storage: localStorage })
    : createClient({ url, tokens: 'cookie' });
