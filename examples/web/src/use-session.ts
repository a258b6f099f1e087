import { useSyncExternalStore } from 'react';
import { latchkey } from './latchkey.ts';

function subscribe(changed: () => void): () => void {
  const ends = (['signedIn', 'signedOut', 'expired'] as const).map((event) => latchkey.on(event, changed));
  return () => {
    for (const end of ends) end();
  };
}

/**
 * Returns the current session, or undefined if nobody is signed in. Updates when any tab of the app signs in or out.
 */
export function useSession() {
  return useSyncExternalStore(subscribe, latchkey.session);
}
