import { type ReactNode, StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { AccountPage } from './account.tsx';
import { latchkey } from './latchkey.ts';
import { EmailChangePage, PasswordResetPage, UndoEmailChangePage, VerificationPage } from './links.tsx';
import { SignInForms } from './signed-out.tsx';
import { useSession } from './use-session.ts';

/** The app's pages for the links in mails, by path. */
const pages: Readonly<Record<string, { readonly title: string; readonly Page: () => ReactNode }>> = {
  '/verify': { title: 'Verify your email', Page: VerificationPage },
  '/reset-password': { title: 'Choose a new password', Page: PasswordResetPage },
  '/change-email': { title: 'Confirm your new address', Page: EmailChangePage },
  '/undo-email-change': { title: 'Keep your previous address', Page: UndoEmailChangePage },
};

function App() {
  const session = useSession();
  const page = pages[location.pathname];
  const title = page?.title ?? (session === undefined ? 'Sign in' : 'My account');
  const content = session === undefined ? <SignInForms /> : <AccountPage key={session.user.id} />;
  return (
    <>
      <title>{`${title} · Example app`}</title>
      {page === undefined ? content : <page.Page />}
    </>
  );
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
