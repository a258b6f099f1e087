/** The session of this tab. Tokens are kept in sessionStorage, which is cleared when the tab is closed. */

const KEY = 'latchkey.session';
const signedOut = {
  email: 'ada@example.com',
  accessToken: null,
  refreshToken: null,
  user: null,
  accountSequence: null,
  hasSamplePassword: true,
};

function stored() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
}

let current = { ...signedOut, ...stored() };
const listeners = [];

export function getSession() {
  return current;
}

export function updateSession(change) {
  current = { ...current, ...change };
  sessionStorage.setItem(KEY, JSON.stringify(current));
  for (const listener of listeners) listener(current);
}

export function signOut() {
  return updateSession({ accessToken: null, refreshToken: null, user: null, accountSequence: null });
}

export function onSessionChange(listener) {
  listeners.push(listener);
  listener(current);
}
