import { type ReactNode, StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Account } from './account.tsx';
import { latchkey } from './latchkey.ts';
import { ChangeEmail, Reset, UndoEmailChange, Verify } from './links.tsx';
import { SignedOut } from './signed-out.tsx';
import { useSession } from './use-session.ts';

/** The pages that links in mails open, by their paths. */
const pages: Readonly<Record<string, () => ReactNode>> = {
  '/verify': Verify,
  '/reset-password': Reset,
  '/change-email': ChangeEmail,
  '/undo-email-change': UndoEmailChange,
};

function App() {
  const session = useSession();
  const Page = pages[location.pathname];
  if (Page !== undefined) return <Page />;
  return session === undefined ? <SignedOut /> : <Account key={session.user.id} />;
}

const root = document.getElementById('app');
if (root === null) throw new Error('there is no element #app');
// Restore the session of an earlier visit, if there is one. If the server cannot be reached, show the sign-in forms.
await latchkey.restore().catch(() => undefined);
createRoot(root).render(
  <StrictMode>
    <h1>Example app</h1>
    <App />
  </StrictMode>,
);
