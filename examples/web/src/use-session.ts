import { useSyncExternalStore } from 'react';
import { latchkey } from './latchkey.ts';

const events = ['signedIn', 'signedOut', 'expired', 'userUpdated'] as const;

function subscribe(changed: () => void): () => void {
  const ends = events.map((event) => latchkey.on(event, changed));
  return () => {
    for (const end of ends) end();
  };
}

/**
 * Returns the current session, or undefined if nobody is signed in. Updates the component when any tab of the
 * app signs in or out, or when the user changes.
 */
export function useSession() {
  return useSyncExternalStore(subscribe, latchkey.session);
}
